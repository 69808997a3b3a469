/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/texts.h"

START_TEST(test_list)
{
	auto_texts struct vz_texts t = {0}, copy = {0};

	ck_assert(!vz_texts_has(&t, "a"));
	ck_assert(!vz_texts_remove(&t, "a"));
	vz_texts_sort(&t);
	vz_texts_copy(&t, &copy);
	ck_assert(vz_texts_same(&t, &copy));
	for (const char *const *s = (const char *const[]){ "b", "a", "c", "a", "b", NULL }; *s; s++)
		vz_texts_add(&t, *s);
	ck_assert(!vz_texts_same(&t, &copy));
	vz_texts_copy(&t, &copy);
	ck_assert(vz_texts_same(&t, &copy));
	vz_texts_sort(&t);
	ck_assert_uint_eq(t.n, 3);
	ck_assert_str_eq(t.v[0], "a");
	ck_assert_str_eq(t.v[2], "c");
	ck_assert(!vz_texts_same(&t, &copy));
	ck_assert(vz_texts_remove(&t, "b"));
	ck_assert(!vz_texts_has(&t, "b"));
	ck_assert(vz_texts_has(&t, "c"));
	ck_assert_str_eq(t.v[1], "c");
	/* only the first of several */
	ck_assert(vz_texts_remove(&copy, "a"));
	ck_assert(vz_texts_has(&copy, "a"));
}
END_TEST

UNIT_MAIN("texts", test_list)
