/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/err.h"

START_TEST(test_messages)
{
	struct vz_err err = {0};

	ck_assert_int_eq(vz_err_set(&err, VZ_NOTFOUND, "open '%s'", "a\033[31mb\nc\xc2\x9b"), -1);
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	ck_assert_str_eq(err.msg, "open 'a?[31mb?c""?""?'");
	vz_err_hint(&err, "look at %d", 7);
	vz_err_wrap(&err, "package '%s'", "x");
	ck_assert_str_eq(err.msg, "package 'x': open 'a?[31mb?c""?""?'");
	ck_assert_str_eq(err.hint, "look at 7");
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	vz_err_set(&err, VZ_FAILED, "new");
	ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(test_long_messages_are_cut)
{
	struct vz_err err = {0};
	char big[8192];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = 0;
	vz_err_set(&err, VZ_FAILED, "%s", big);
	for (int i = 0; i < 5; i++)
		vz_err_wrap(&err, "%s", big);
	ck_assert_uint_lt(strlen(err.msg), sizeof err.msg);
}
END_TEST

UNIT_MAIN("err", test_messages, test_long_messages_are_cut)
