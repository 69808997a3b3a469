/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/proc.h"
#include <sys/wait.h>

START_TEST(test_run)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf out = {0}, errs = {0};
	const char *const argv[] = { "sh", "-c", "echo out; echo err >&2; exit 3", NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1 };
	int status;

	must(vz_proc_run(&p, &status, &out, &errs, &err));
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	ck_assert_str_eq(out.data, "out\n");
	ck_assert_str_eq(errs.data, "err\n");
}
END_TEST

START_TEST(test_limits)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf out = {0};
	struct vz_proc slow = { .argv = (const char *const[]){ "sleep", "60", NULL }, .stdin_fd = -1, .timeout_ms = 50 };
	struct vz_proc none = { .argv = (const char *const[]){ "/nonexistent/x", NULL }, .stdin_fd = -1 };
	struct vz_proc loud = { .argv = (const char *const[]){ "head", "-c", "100000", "/dev/zero", NULL },
				.stdin_fd = -1, .output_limit = 10 };
	int status;

	must_fail(vz_proc_run(&slow, &status, NULL, NULL, &err), VZ_FAILED, "did not end within");
	must_fail(vz_proc_run(&none, &status, NULL, NULL, &err), VZ_FAILED, "not found");
	must(vz_proc_run(&loud, &status, &out, NULL, &err));
	ck_assert_uint_eq(out.len, 10);
}
END_TEST

UNIT_MAIN("proc", test_run, test_limits)
