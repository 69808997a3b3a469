/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/proc.h"
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* In a child, whose stdout is a pipe: it runs `script` in its place. What that says, and its status. */
static int in_front(const char *script, int sig, struct vz_buf *ret)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct vz_proc p = { .argv = argv };
	int out[2], status = -1;
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		struct vz_err err = {0};

		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		if (vz_proc_foreground(&p, &status, &err) < 0)
			_exit(99);
		_exit(WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status));
	}
	close(out[1]);
	for (bool sent = !sig; read(out[0], &c, 1) == 1; vz_buf_putc(ret, c)) {
		if (!sent)
			kill(pid, sig);
		sent = true;
	}
	close(out[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

START_TEST(test_foreground)
{
	auto_buf struct vz_buf out = {0};

	ck_assert_int_eq(in_front("echo said; exit 7", 0, &out), 7);
	ck_assert_str_eq(out.data, "said\n");
	ck_assert_int_eq(in_front("kill -9 $$", 0, &out), 109);
	vz_buf_clear(&out);
	ck_assert_int_eq(in_front("trap 'echo hup; exit 5' HUP; echo ready; while :; do sleep 0.01; done", SIGHUP, &out), 5);
	ck_assert_str_eq(out.data, "ready\nhup\n");
	/* nothing but the three is open, and it does not outlive us */
	vz_buf_clear(&out);
	ck_assert_int_eq(in_front("ls /proc/$$/fd", 0, &out), 0);
	ck_assert_str_eq(out.data, "0\n1\n2\n");
	vz_buf_clear(&out);
	ck_assert_int_eq(in_front("trap 'echo told; exit' TERM; echo ready; while :; do sleep 0.01; done", SIGKILL, &out),
			 -SIGKILL);
	ck_assert_str_eq(out.data, "ready\ntold\n");
}
END_TEST

START_TEST(test_dies_with_us)
{
	const char *const argv[] = { "sh", "-c", "echo; exec sleep 100", NULL };
	struct vz_proc p = { .argv = argv, .stdin_fd = -1 };
	int out[2], status;
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		struct vz_err err = {0};

		close(out[0]);
		p.pass[0].fd = out[1];
		p.pass[0].as = STDOUT_FILENO;
		_exit(vz_proc_run(&p, &status, NULL, NULL, &err) < 0);
	}
	close(out[1]);
	ck_assert_int_eq(read(out[0], &c, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* nobody has it open any more */
	ck_assert_int_eq(read(out[0], &c, 1), 0);
	close(out[0]);
}
END_TEST

START_TEST(test_detach)
{
	struct vz_err err = {0};
	int in[2], out[2];
	const char *const argv[] = { "sh", "-c", "read word; echo $word; cut -d' ' -f6 /proc/$$/stat; ls /proc/$$/fd; pwd", NULL };
	struct vz_proc p = { .argv = argv };
	auto_buf struct vz_buf got = {0};
	char c;

	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	p.stdin_fd = in[0];
	p.pass[0].fd = out[1];
	p.pass[0].as = STDOUT_FILENO;
	must(vz_proc_detach(&p, &err));
	close(out[1]);
	/* we are not waited for, so this can come later */
	ck_assert_int_eq(write(in[1], "hello\n", 6), 6);
	while (read(out[0], &c, 1) == 1)
		vz_buf_putc(&got, c);
	ck_assert_msg(strncmp(got.data, "hello\n", 6) == 0, "%s", got.data);
	ck_assert_int_ne(atoi(got.data + 6), getsid(0));
	ck_assert_msg(strstr(got.data, "\n0\n1\n2\n/\n"), "%s", got.data);
	close(out[0]);
	close(in[0]);
	close(in[1]);
}
END_TEST

static int called(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	int *n = arg;

	if (*n == 7)
		abort();
	if (*n < 0) {
		vz_buf_puts(ret, "lost");
		return vz_err_set(err, VZ_SCRIPT, "number %d", *n);
	}
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
	ck_assert_str_eq(got.data, all.data);
	n = 7;
	must_fail(vz_proc_call(called, &n, NULL, &err), VZ_FAILED, "ended with status 134");
}
END_TEST

UNIT_MAIN("proc", test_run, test_limits, test_call, test_foreground, test_dies_with_us, test_detach)
