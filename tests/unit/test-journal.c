/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "link/journal.h"

static struct vz_journal sample(void)
{
	struct vz_journal j = {
		.name = vz_strdup("web1"), .from = 3, .to = 4294967295, .boot = vz_strdup("0f-1"), .device = 52,
	};
	struct vz_journal_change *c = vz_journal_add(&j, "/etc/pass wd\\\xff");

	c->kind = VZ_UPPER_PUT;
	c->why = VZ_UPPER_MERGED;
	c->ino = UINT64_MAX;
	c->seen = (struct vz_upper_seen){ true, 12, 0, { -1, 999999999 } };
	c->mark = (struct vz_upper_mark){ .there = true, .size = 7, .sum.b = { 0xab } };
	c->made = true;
	c->changed = (struct timespec){ 1700000000, 1 };
	c->dir_before = (struct timespec){ 0, 0 };
	c->dir_after = (struct timespec){ 5, 10 };
	c = vz_journal_add(&j, "/var/cache/x");
	c->kind = VZ_UPPER_DROP;
	c->why = VZ_UPPER_MADE_ANEW;
	c->slot_of = 2;
	c->slot = 1;
	return j;
}

START_TEST(test_round_trip)
{
	auto_journal struct vz_journal j = sample(), back = {0};
	auto_buf struct vz_buf text = {0}, again = {0};
	auto_free char *slot = NULL, *other = NULL;
	struct vz_err err = {0};

	must(vz_journal_format(&j, &text, &err));
	must(vz_journal_parse(text.data, text.len, &back, &err));
	must(vz_journal_format(&back, &again, &err));
	ck_assert_str_eq(text.data, again.data);
	ck_assert_uint_eq(back.n, 2);
	ck_assert_str_eq(back.changes[0].path, "/etc/pass wd\\\xff");
	ck_assert_int_eq(back.changes[0].seen.changed.tv_sec, -1);
	ck_assert(back.changes[0].made && back.changes[0].dir_after.tv_nsec == 10);
	ck_assert(!back.changes[1].made && !back.changes[1].seen.there && !back.changes[1].mark.there);
	slot = vz_journal_slot(&back.changes[0]);
	ck_assert_str_eq(slot, "moving/0");
	other = vz_journal_slot(&back.changes[1]);
	ck_assert_str_eq(other, "generations/2.undo/1");
}
END_TEST

/* Every damaged byte is seen. */
START_TEST(test_damage)
{
	auto_journal struct vz_journal j = sample();
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_journal_format(&j, &text, &err));
	for (size_t i = 0; i < text.len; i++) {
		auto_journal struct vz_journal other = {0};

		text.data[i] ^= 1;
		must_fail(vz_journal_parse(text.data, text.len, &other, &err), VZ_DAMAGED, "the journal");
		text.data[i] ^= 1;
	}
}
END_TEST

/* One text for one change, and no path that leads out. */
START_TEST(test_grammar)
{
	static const char *const bad[] = {
		"",
		"put merged 0/0 1 - - - etc",
		"put merged 0/0 1 - - - /",
		"put merged 0/0 1 - - - /../x",
		"put merged 0/0 1 - - - /a/..",
		"put merged 0/0 1 - - -  /a",
		"put merged 0/0 1 - - - /a\\x2",
		"put merged 0/0 1 - - - /a\\x41",
		"put merged 0/0 1 - - - /a\\x00b",
		"put merged 0/0 1 - - - /\\xAA",
		"puts merged 0/0 1 - - - /a",
		"put because 0/0 1 - - - /a",
		"put merged 0 1 - - - /a",
		"put merged 0/ 1 - - - /a",
		"put merged 0/4294967296 1 - - - /a",
		"put merged 00/0 1 - - - /a",
		"put merged 0/0 18446744073709551616 - - - /a",
		"put merged 0/0 1 1:2 - - /a",
		"put merged 0/0 1 1:2:3.1 - - /a",
		"put merged 0/0 1 1:2:3.0000000001 - - /a",
		"put merged 0/0 1 1:2:-0.000000001 - - /a",
		"put merged 0/0 1 1:2:3.000000001:4 - - /a",
		"put merged 0/0 1 - 3:abcd - /a",
		"put merged 0/0 1 - - 1.000000000 /a",
		"put merged 0/0 1 - - - /a b",
	};
	struct vz_err err = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct vz_journal_change c = {0};

		if (vz_journal_parse_change(bad[i], &c, &err) == 0)
			ck_abort_msg("'%s' was taken", bad[i]);
		free(c.path);
	}
	for (const char *const *p = (const char *const[]){ "put merged 0/0 1 - - - /a", "dir parent 7/8 9 - - - /a\\x20b", NULL }; *p; p++) {
		struct vz_journal_change c = {0};

		must(vz_journal_parse_change(*p, &c, &err));
		free(c.path);
	}
}
END_TEST

UNIT_MAIN("journal", test_round_trip, test_damage, test_grammar)
