/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/stanzas.h"

#include "base/alloc.h"
#include "tests/unit/unit.h"

static struct vz_err err;

static char *name_field(const struct vz_unit *u)
{
	return vz_stanza_field(u, "Name");
}

static struct vz_buf text(const char *s)
{
	return (struct vz_buf){ .data = (char *)s, .len = strlen(s) };
}

START_TEST(test_fields)
{
	static const char stanza[] = "Name:  a b \nEmpty:\nName-More: x\nNAME: second\n Name: continued\nLast:\tend\r";
	const struct vz_unit u = { .text = stanza, .len = sizeof stanza - 1 };
	static const char *const want[][2] = {
		{ "Name", "a b" }, { "name-more", "x" }, { "Empty", "" }, { "Last", "end" }, { "Nam", NULL }, { "Lasting", NULL },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		auto_free char *value = vz_stanza_field(&u, want[i][0]);

		ck_assert_msg(value && want[i][1] ? strcmp(value, want[i][1]) == 0 : value == want[i][1], "%s: %s", want[i][0], value);
	}
}
END_TEST

START_TEST(test_read)
{
	const struct vz_buf b = text("\n \t\nName: a\nX: 1\n\n\nnonsense\n\r\nName: b\n continued\n\nName: a");
	auto_stanzas struct vz_stanzas s = {0};
	const struct vz_unit *u;

	must(vz_stanzas_read(&b, name_field, &s, &err));
	ck_assert_uint_eq(s.units.n, 4);
	u = vz_units_get(&s.units, "a", 1);
	ck_assert(u && u->len == 12 && strncmp(u->text, "Name: a\nX: 1", 12) == 0);
	ck_assert(!s.units.items[1].key);
	u = vz_units_get(&s.units, "b", 1);
	ck_assert(u && u->len == 18);
	ck_assert_uint_eq(s.units.items[3].ordinal, 1);
}
END_TEST

START_TEST(test_merge)
{
	const struct vz_buf base = text("Name: a\nV: 1\n\nName: b\nV: 1\n\nName: c\nV: 1\n\nName: d\nV: 1\n");
	const struct vz_buf theirs = text("Name: a\nV: 2\n\nName: b\nV: 1\n\nName: own\nV: 1\n\nName: d\nV: 1\n");
	const struct vz_buf new = text("Name: a\nV: 3\n\nName: b\nV: 3\n\nName: c\nV: 3\n\nName: new\nV: 3\n");
	auto_buf struct vz_buf merged = {0};

	must(vz_stanzas_merge(&base, &theirs, &new, name_field, &merged, &err));
	ck_assert_str_eq(merged.data, "Name: a\nV: 2\n\nName: b\nV: 3\n\nName: own\nV: 1\n\nName: new\nV: 3\n\n");
}
END_TEST

START_TEST(test_refused)
{
	const struct vz_buf nul = { .data = (char[]){ "Name: a\0" }, .len = 8 };
	auto_stanzas struct vz_stanzas s = {0}, t = {0};
	auto_buf struct vz_buf many = {0};

	must_fail(vz_stanzas_read(&nul, name_field, &s, &err), VZ_FAILED, "NUL");
	for (int i = 0; i < 1000001; i++)
		vz_buf_puts(&many, "x\n\n");
	must_fail(vz_stanzas_read(&many, name_field, &t, &err), VZ_FAILED, "more than 1000000 stanzas");
}
END_TEST

UNIT_MAIN("stanzas", test_fields, test_read, test_merge, test_refused)
