/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/late.h"

#include <zlib.h>

#include "tests/unit/unit.h"

#define CALLS(X) X(zlibVersion) X(adler32)
static struct { CALLS(VZ_LATE_MEMBER) } late;
static const char *const names[] = { CALLS(VZ_LATE_NAME) NULL };

static int opened;

static void on_open(void)
{
	opened++;
}

START_TEST(test_open)
{
	struct vz_late z = VZ_LATE("libz.so.1", names, &late, on_open);
	struct vz_err err = {0};

	for (int i = 0; i < 2; i++)
		must(vz_late_open(&z, &err));
	ck_assert_int_eq(opened, 1);
	ck_assert_int_eq(late.zlibVersion()[0], '1');
	ck_assert_uint_eq(late.adler32(1, (const Bytef *)"a", 1), 0x620062);
}
END_TEST

START_TEST(test_absent)
{
	static const char *const none[] = { "zlibVersion", "zlibNothing", NULL };
	void *calls[2];
	struct vz_late nothing = VZ_LATE("libnothing.so.9", names, &late, on_open);
	struct vz_late less = VZ_LATE("libz.so.1", none, calls, on_open);
	struct vz_err err = {0};

	for (int i = 0; i < 2; i++)
		must_fail(vz_late_open(&nothing, &err), VZ_FAILED, "open library 'libnothing.so.9'");
	must_fail(vz_late_open(&less, &err), VZ_FAILED, "'libz.so.1' has no 'zlibNothing'");
	ck_assert_int_eq(opened, 0);
}
END_TEST

UNIT_MAIN("late", test_open, test_absent)
