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

static int called(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	int *n = arg;

	if (*n == 7)
		abort();
	if (*n < 0)
		return vz_err_set(err, VZ_SCRIPT, "number %d", *n);
	for (int i = 0; i < *n; i++)
		vz_buf_printf(ret, "%d ", i);
	*n = 0;
	return 0;
}

START_TEST(test_call)
{
	struct vz_err err = {0};
	auto_buf struct vz_buf got = {0};
	auto_buf struct vz_buf all = {0};
	int n = 3;

	vz_buf_puts(&got, "got ");
	must(vz_proc_call(called, &n, &got, &err));
	ck_assert_str_eq(got.data, "got 0 1 2 ");
	ck_assert_int_eq(n, 3);
	n = 200000;
	vz_buf_clear(&got);
	must(vz_proc_call(called, &n, &got, &err));
	called(&n, &all, &err);
	ck_assert_str_eq(got.data, all.data);
	n = -4;
	must_fail(vz_proc_call(called, &n, &got, &err), VZ_SCRIPT, "number -4");
	n = 7;
	must_fail(vz_proc_call(called, &n, NULL, &err), VZ_FAILED, "ended with status 134");
}
END_TEST

UNIT_MAIN("proc", test_run, test_limits, test_call)
