/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/passing.h"

static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
	if (got_signal)
		_exit(128 + sig);
	got_signal = sig;
}

void vz_interrupt_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };    /* no SA_RESTART: blocking calls return */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int vz_interrupt_signal(void)
{
	return got_signal;
}

int vz_interrupted(struct vz_err *err)
{
	return got_signal ? vz_err_set(err, VZ_FAILED, "interrupted") : 0;
}

static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL,
};

__attribute__((noreturn)) static void become(const struct vz_proc *p)
{
	sigset_t none;

	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(p->argv[0], (char *const *)p->argv, (char *const *)(p->envp ? p->envp : default_env));
	_exit(127);
}

/* In a child: it gets `sig` when the thread that made it ends, however that ends. */
static void die_with(pid_t parent, int sig)
{
	if (prctl(PR_SET_PDEATHSIG, sig) < 0 || getppid() != parent)
		_exit(127);
}

/* System calls only: until it executes something it may share our memory. */
__attribute__((noreturn)) static void child(const struct vz_proc *p, int out, int errfd)
{
	int null = open("/dev/null", O_RDWR);

	/* whoever started us may have left some open */
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
	dup2(p->stdin_fd >= 0 ? p->stdin_fd : null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(errfd, STDERR_FILENO);
	for (int i = 0; i < 4 && p->pass[i].as; i++) {
		if (p->pass[i].fd == p->pass[i].as)
			fcntl(p->pass[i].fd, F_SETFD, 0);
		else
			dup2(p->pass[i].fd, p->pass[i].as);
	}
	become(p);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Moves what is there into `to`, keeping at most `limit` bytes. False at the end. */
static bool drain(int fd, struct vz_buf *to, size_t limit)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof chunk);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n > 0 && to && to->len < limit)
		vz_buf_add(to, chunk, (size_t)n < limit - to->len ? (size_t)n : limit - to->len);
	return n > 0;
}

static int collect(const struct vz_proc *p, int fds[2], struct vz_buf *to[2], struct vz_err *err)
{
	struct pollfd pfd[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };
	size_t limit = p->output_limit ? p->output_limit : 1 << 20;
	long end = now_ms() + p->timeout_ms;

	while (pfd[0].fd >= 0 || pfd[1].fd >= 0) {
		long left = p->timeout_ms ? end - now_ms() : 1000;

		if (vz_interrupted(err) < 0)
			return -1;
		if (p->timeout_ms && left <= 0)
			return vz_err_set(err, VZ_FAILED, "'%s' did not end within %u ms", p->argv[0], p->timeout_ms);
		if (poll(pfd, 2, (int)left) < 0 && errno != EINTR)
			return vz_err_sys(err, "poll");
		for (int i = 0; i < 2; i++)
			if (pfd[i].fd >= 0 && pfd[i].revents && !drain(pfd[i].fd, to[i], limit))
				pfd[i].fd = -1;
	}
	return 0;
}

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

int vz_proc_run(const struct vz_proc *p, int *ret_status, struct vz_buf *ret_out, struct vz_buf *ret_err,
		struct vz_err *err)
{
	int out[2] = { -1, -1 }, errs[2] = { -1, -1 }, status = 0, failed;
	struct vz_buf *to[2] = { ret_out, ret_err };
	pid_t us = getpid(), pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(errs, O_CLOEXEC) < 0) {
		vz_err_sys(err, "pipe");
		close_pair(out);
		return -1;
	}
	/* fork() would have every page that other threads write to meanwhile copied */
	pid = vfork();
	if (pid == 0) {
		die_with(us, SIGKILL);
		child(p, out[1], errs[1]);
	}
	close(out[1]);
	close(errs[1]);
	out[1] = errs[1] = -1;
	if (pid < 0) {
		vz_err_sys(err, "start '%s'", p->argv[0]);
		failed = -1;
	} else {
		failed = collect(p, (int[2]){ out[0], errs[0] }, to, err);
		if (failed)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close_pair(out);
	close_pair(errs);
	if (!failed && WIFEXITED(status) && WEXITSTATUS(status) == 127 && (!ret_err || !ret_err->len))
		return vz_err_set(err, VZ_FAILED, "start '%s': not found or not executable", p->argv[0]);
	if (!failed)
		*ret_status = status;
	return failed;
}

/* Until it has ended; others of our children are not ours to wait for. */
static int attend(pid_t pid, int pidfd, const struct vz_passing *passing)
{
	struct pollfd pfd[2] = { { pidfd, POLLIN, 0 }, { passing->fd, POLLIN, 0 } };
	int status = 0;

	while (!pfd[0].revents) {
		if (ppoll(pfd, 2, NULL, &passing->waiting) < 0)
			pfd[0].revents = pfd[1].revents = 0;
		if (pfd[1].revents)
			vz_passing_on(passing, pidfd);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int vz_proc_foreground(const struct vz_proc *p, int *ret_status, struct vz_err *err)
{
	struct vz_passing passing;
	pid_t us = getpid(), pid;
	int failed = 0, pidfd = -1;

	vz_passing_begin(&passing);
	pid = fork();
	if (pid == 0) {
		die_with(us, SIGTERM);
		close_range(STDERR_FILENO + 1, ~0u, 0);
		become(p);
	}
	pidfd = pid < 0 ? -1 : pidfd_open(pid, 0);
	if (pidfd < 0)
		failed = vz_err_sys(err, "start '%s'", p->argv[0]);
	else
		*ret_status = attend(pid, pidfd, &passing);
	vz_fd_close_indirect(&pidfd);
	vz_passing_end(&passing);
	return failed;
}

/* Twice, so that nobody has to wait for it. */
int vz_proc_detach(const struct vz_proc *p, struct vz_err *err)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (setsid() < 0 || chdir("/") < 0)
			_exit(1);
		pid = fork();
		if (pid == 0)
			child(p, null, null);
		_exit(pid < 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid < 0 || status ? vz_err_sys(err, "start '%s'", p->argv[0]) : 0;
}
