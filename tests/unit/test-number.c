/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "tests/unit/unit.h"

START_TEST(test_whole)
{
	uint64_t n = 7;

	ck_assert(vz_number_parse("0", 0, &n));
	ck_assert_uint_eq(n, 0);
	ck_assert(vz_number_parse("0042", 42, &n));
	ck_assert_uint_eq(n, 42);
	ck_assert(vz_number_parse("18446744073709551615", UINT64_MAX, &n));
	ck_assert(n == UINT64_MAX);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const texts[] = { "", " 1", "1 ", "+1", "-1", "1x", "0x1", "1.0", "43", "430", "99999999999999999999" };
	uint64_t n = 7;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(!vz_number_parse(texts[i], 42, &n), "'%s' is taken", texts[i]);
	ck_assert(!vz_number_parse("18446744073709551616", UINT64_MAX, &n));
	ck_assert(!vz_number_parse("1", 0, &n));
	ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(test_beginning)
{
	const char *end = NULL;
	uint64_t n = 7;

	ck_assert(vz_number_begin("12.5M", 99, &n, &end));
	ck_assert_uint_eq(n, 12);
	ck_assert_str_eq(end, ".5M");
	ck_assert(!vz_number_begin("M", 99, &n, &end));
	ck_assert_str_eq(end, ".5M");
}
END_TEST

UNIT_MAIN("number", test_whole, test_refused, test_beginning)
