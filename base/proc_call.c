/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"

/* What the child sends first; the rest is what it added. */
struct head {
	int rc;
	struct vz_err err;
};

__attribute__((noreturn)) static void child(vz_proc_fn fn, void *arg, int out, pid_t parent)
{
	auto_buf struct vz_buf got = {0};
	struct head h = {0};
	struct vz_err ignored;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	/* a terminal sends it to both of us, and the second one that comes is deadly */
	signal(SIGINT, SIG_IGN);
	h.rc = fn(arg, &got, &h.err);
	if (vz_write_fd(out, &h, sizeof h, &ignored) < 0 || vz_write_fd(out, got.data, got.len, &ignored) < 0)
		_exit(1);
	_exit(0);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What comes from the child: the head, then the rest. */
struct arrival {
	struct head head;
	size_t head_len;
	struct vz_buf *rest;
};

#define AT_ONCE (1u << 18)

/* The rest is read to where it is wanted: it may be long. */
static ssize_t read_some(int fd, struct arrival *a)
{
	bool is_head = a->head_len < sizeof a->head;
	ssize_t len;

	if (is_head) {
		len = read(fd, (char *)&a->head + a->head_len, sizeof a->head - a->head_len);
		a->head_len += len > 0 ? (size_t)len : 0;
		return len;
	}
	vz_buf_reserve(a->rest, AT_ONCE);
	len = read(fd, a->rest->data + a->rest->len, AT_ONCE);
	a->rest->len += len > 0 ? (size_t)len : 0;
	a->rest->data[a->rest->len] = 0;
	return len;
}

/* Until the child closes its end. */
static int collect(int fd, pid_t pid, unsigned seconds, struct arrival *a, struct vz_err *err)
{
	const int64_t end = now() + seconds;
	struct pollfd pfd = { fd, POLLIN, 0 };
	struct vz_err ignored;
	bool told = false;

	for (;;) {
		ssize_t len = 1;

		if (seconds && now() > end)
			return vz_err_set(err, VZ_FAILED, "it did not end within %u s", seconds);

		if (!told && vz_interrupted(&ignored) < 0) {
			kill(pid, SIGTERM);
			told = true;
		}
		if (poll(&pfd, 1, 1000) < 0 && errno != EINTR)
			return vz_err_sys(err, "poll");
		if (pfd.revents)
			len = read_some(fd, a);
		if (len == 0)
			return 0;
		if (len < 0 && errno != EINTR)
			return vz_err_sys(err, "read from a child process");
		pfd.revents = 0;
	}
}

static int judge(const struct arrival *a, int status, struct vz_err *err)
{
	if (vz_interrupted(err) < 0)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) || a->head_len < sizeof a->head)
		return vz_err_set(err, VZ_FAILED, "a child process ended with status %d",
				  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (a->head.rc < 0)
		*err = a->head.err;
	return a->head.rc;
}

int vz_proc_call_within(unsigned seconds, vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf unwanted = {0};
	struct arrival a = { .rest = ret ? ret : &unwanted };
	const size_t before = a.rest->len;
	pid_t parent = getpid(), pid;
	int pair[2], status = 0, rc;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return vz_err_sys(err, "make a pipe");
	pid = fork();
	if (pid == 0)
		child(fn, arg, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return vz_err_sys(err, "fork");
	}
	rc = collect(pair[0], pid, seconds, &a, err);
	close(pair[0]);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0)
		rc = judge(&a, status, err);
	if (rc < 0 && a.rest->len > before)
		a.rest->data[a.rest->len = before] = 0;
	return rc;
}

int vz_proc_call(vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err)
{
	return vz_proc_call_within(0, fn, arg, ret, err);
}
