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

/* Until the child closes its end. */
static int collect(int fd, pid_t pid, unsigned seconds, struct vz_buf *got, struct vz_err *err)
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
		if (pfd.revents) {
			vz_buf_reserve(got, 1 << 18);
			len = read(fd, got->data + got->len, 1 << 18);
		}
		if (len == 0)
			return 0;
		if (len < 0 && errno != EINTR)
			return vz_err_sys(err, "read from a child process");
		if (len > 0 && pfd.revents)
			got->len += (size_t)len;
		pfd.revents = 0;
	}
}

static int take(struct vz_buf *got, int status, struct vz_buf *ret, struct vz_err *err)
{
	struct head h;

	if (vz_interrupted(err) < 0)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) || got->len < sizeof h)
		return vz_err_set(err, VZ_FAILED, "a child process ended with status %d",
				  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	memcpy(&h, got->data, sizeof h);
	if (h.rc < 0)
		*err = h.err;
	else if (ret)
		vz_buf_add(ret, got->data + sizeof h, got->len - sizeof h);
	return h.rc;
}

int vz_proc_call_within(unsigned seconds, vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf got = {0};
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
	rc = collect(pair[0], pid, seconds, &got, err);
	close(pair[0]);
	if (rc < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc < 0 ? -1 : take(&got, status, ret, err);
}

int vz_proc_call(vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err)
{
	return vz_proc_call_within(0, fn, arg, ret, err);
}
