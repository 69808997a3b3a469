/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "store/verdict.h"

static const struct vz_digest image = { { 1, 2, 3 } }, other = { { 9 } };

static struct vz_verdict example(void)
{
	return (struct vz_verdict){ image, "debian@4", "web", "curl -sf localhost", "status 7", 1700000000 };
}

static struct vz_store *new_store(const char *dir)
{
	auto_free char *root = vz_printf("%s/root", dir);
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

START_TEST(test_there_and_forgotten)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_verdict struct vz_verdict got = {0};
	struct vz_verdict v = example();
	struct vz_err err = {0};

	ck_assert(!vz_verdict_is_bad(s, &image));
	must_fail(vz_verdict_read(s, &image, &got, &err), VZ_NOTFOUND, "verdicts");
	must(vz_verdict_forget(s, &image, &err));
	v.words = "a \033[31mred\n\xff word";
	must(vz_verdict_write(s, &v, &err));
	ck_assert(vz_verdict_is_bad(s, &image) && !vz_verdict_is_bad(s, &other));
	must(vz_verdict_read(s, &image, &got, &err));
	ck_assert_str_eq(got.words, "a ?[31mred?? word");
	ck_assert_str_eq(got.check, v.check);
	must(vz_verdict_forget(s, &image, &err));
	ck_assert(!vz_verdict_is_bad(s, &image));
}
END_TEST

START_TEST(test_holds_for_its_check)
{
	char *const checks[] = { "true", "curl -sf localhost" };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_verdict v = example();
	struct vz_err err = {0};

	ck_assert(!vz_verdict_holds(s, &image, checks, 2));
	must(vz_verdict_write(s, &v, &err));
	ck_assert(vz_verdict_holds(s, &image, checks, 2));
	ck_assert(!vz_verdict_holds(s, &image, checks, 1));
	/* for good */
	ck_assert(!vz_verdict_is_bad(s, &image));
}
END_TEST

START_TEST(test_damage_is_bad)
{
	char *const checks[] = { "true" };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf text = {0};
	auto_verdict struct vz_verdict got = {0};
	struct vz_verdict v = example();
	struct vz_err err = {0};

	must(vz_verdict_format(&v, &text, &err));
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		must_fail(vz_verdict_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "verdict");
		text.data[i] ^= 1;
	}
	/* one in another's place, too */
	must(vz_verdict_write(s, &v, &err));
	ck_assert_int_eq(renameat(vz_store_fd(s), "verdicts/0102030000000000000000000000000000000000000000000000000000000000",
				  vz_store_fd(s), "verdicts/0900000000000000000000000000000000000000000000000000000000000000"), 0);
	must_fail(vz_verdict_read(s, &other, &got, &err), VZ_DAMAGED, "another image");
	ck_assert(vz_verdict_holds(s, &other, checks, 1));
}
END_TEST

UNIT_MAIN("verdict", test_there_and_forgotten, test_holds_for_its_check, test_damage_is_bad)
