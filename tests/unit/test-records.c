/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs tests/fixtures/merge/records/NAME.case: sections "== /etc/passwd" (which file), "== base", "== theirs",
 * "== new", "== result", and "== clashes" with lines "NAME OTHER ID".
 */
#include "builder/records.h"

#include "tests/unit/cases.h"

static void run_case(struct cases_case *c)
{
	const struct vz_record_file *file = vz_record_files;
	auto_records struct vz_records r = {
		.base = cases_body(c, "base"), .theirs = cases_body(c, "theirs"), .new = cases_body(c, "new"),
	};
	auto_records struct vz_records again = { .base = r.base, .theirs = &r.text, .new = r.new };
	const struct vz_buf *result = cases_body(c, "result"), *clashes = cases_body(c, "clashes");
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	while (file->path && strcmp(file->path, c->sections[0].head) != 0)
		file++;
	ck_assert_msg(file->path != NULL, "'%s'", c->name);
	r.rule = &file->rule;
	must(vz_records_merge(&r, &err));
	ck_assert_msg(r.text.len == result->len && memcmp(r.text.data, result->data, result->len) == 0,
		      "'%s' gives:\n%s", c->name, r.text.data);
	for (size_t i = 0; i < r.n_clashes; i++)
		vz_buf_printf(&text, "%s %s %s\n", r.clashes[i].name, r.clashes[i].other, r.clashes[i].id);
	ck_assert_msg(text.len == clashes->len && (!text.len || memcmp(text.data, clashes->data, text.len) == 0),
		      "'%s' clashes:\n%s", c->name, text.data);
	/* what was merged is not merged any further */
	again.rule = r.rule;
	must(vz_records_merge(&again, &err));
	ck_assert_str_eq(again.text.data, r.text.data);
}

START_TEST(test_cases)
{
	cases_run("merge/records", run_case);
}
END_TEST

static void check_refused(const char *data, size_t len, const char *why)
{
	auto_buf struct vz_buf theirs = {0};
	const struct vz_buf none = {0}, new = { .data = (char[]){ "a:b\n" }, .len = 4 };
	auto_records struct vz_records r = { .rule = &vz_record_files[0].rule, .base = &none, .theirs = &theirs, .new = &new };
	struct vz_err err = {0};

	vz_buf_add(&theirs, data, len);
	must_fail(vz_records_merge(&r, &err), VZ_FAILED, why);
}

START_TEST(test_refused)
{
	auto_buf struct vz_buf many = {0};

	check_refused("root:\0:0", 8, "NUL");
	for (int i = 0; i < 1000001; i++)
		vz_buf_putc(&many, '\n');
	check_refused(many.data, many.len, "more than 1000000 lines");
}
END_TEST

/* A text of the worst kind: one name a million times, on all sides. */
START_TEST(test_large)
{
	auto_buf struct vz_buf theirs = {0}, base = {0}, new = {0};
	auto_records struct vz_records r = { .rule = &vz_record_files[4].rule, .base = &base, .theirs = &theirs, .new = &new };
	struct vz_err err = {0};

	for (int i = 0; i < 100000; i++) {
		vz_buf_printf(&theirs, "a:%d:1\n", 3 * i);
		vz_buf_printf(&base, "a:%d:1\n", 3 * i + 1);
		if (i % 1000 == 0)
			vz_buf_printf(&new, "b%d:%d:1\n", i, 3 * i);
	}
	must(vz_records_merge(&r, &err));
	ck_assert_uint_eq(r.n_clashes, 100);
	ck_assert_uint_eq(r.text.len, theirs.len);
}
END_TEST

UNIT_MAIN("records", test_cases, test_refused, test_large)
