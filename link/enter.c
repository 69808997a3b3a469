/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/enter.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/passing.h"
#include "base/path.h"
#include "base/proc.h"
#include "link/init.h"

static bool is_set(const char *const *envp, const char *assignment)
{
	size_t len = strcspn(assignment, "=") + 1;

	for (; envp && *envp; envp++)
		if (!strncmp(*envp, assignment, len))
			return true;
	return false;
}

/* The terminal's type, if it is one; the host's environment is not to be trusted to be sane. */
char *vz_enter_term(void)
{
	const char *term = getenv("TERM");

	if (!term || !*term || strlen(term) > 64)
		return NULL;
	for (const char *p = term; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("+-._", *p))
			return NULL;
	return vz_printf("TERM=%s", term);
}

/* Additions come first and win. The strings are borrowed. */
static const char **make_env(const char *const *additions, const char *term)
{
	const char *const fixed[] = {
		"PATH=" VZ_ENTER_PATH, "HOME=/root", "LANG=C.UTF-8",
		"container=vzpkg", term,
	};
	const char **env = NULL;
	size_t n = 0, cap = 0;

	for (; additions && additions[n]; n++) {
		vz_grow(env, n, cap);
		env[n] = additions[n];
	}
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		if (!fixed[i] || is_set(additions, fixed[i]))
			continue;
		vz_grow(env, n, cap);
		env[n++] = fixed[i];
	}
	vz_grow(env, n, cap);
	env[n] = NULL;
	return env;
}

/* Links on the way are the tenant's, and followed as they would be inside. */
static bool is_program(int root_fd, const char *path)
{
	struct vz_err unused;
	auto_fd int fd = vz_path_open(root_fd, path, O_PATH, 0, &unused);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111;
}

int vz_enter_find(int root_fd, const char *command, struct vz_err *err)
{
	bool found = strchr(command, '/') && is_program(root_fd, command);
	const char *dir = VZ_ENTER_PATH;

	while (!strchr(command, '/') && *command && !found && *dir) {
		size_t len = strcspn(dir, ":");
		auto_free char *path = vz_printf("%.*s/%s", (int)len, dir, command);

		found = is_program(root_fd, path);
		dir += len + (dir[len] == ':');
	}
	return found ? 0 : vz_err_set(err, VZ_NOTFOUND, "start '%s' inside: No such program", command);
}

struct run {
	const struct vz_enter *e;
	int pidfd, socket;
	struct vz_passing passing;
	bool started, ended;
	int status;
	size_t step;                     /* the one that runs, and when it began */
	int64_t began;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The root comes back as a detached mount: the number stays, the mount behind it is a copy. */
static int take_root(struct run *r, struct msghdr *msg, struct vz_err *err)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	auto_fd int fd = -1;

	if (!c || c->cmsg_type != SCM_RIGHTS)
		return vz_err_set(err, VZ_FAILED, "the root did not come back from inside");
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return dup3(fd, r->e->root_fd, O_CLOEXEC) < 0 ? vz_err_sys(err, "take the root back") : 0;
}

/* Takes all messages that wait. */
static int receive(struct run *r, struct vz_err *err)
{
	struct vz_init_message m;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { &m, sizeof m };

	for (;;) {
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				      .msg_controllen = sizeof control };

		if (recvmsg(r->socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof m)
			return 0;
		if (m.what == VZ_INIT_ROOT && take_root(r, &msg, err) < 0)
			return -1;
		if (m.what == VZ_INIT_FAILED) {
			*err = m.err;
			return -1;
		}
		if (m.what == VZ_INIT_STEP) {
			r->step = (size_t)m.status;
			r->began = now_ms();
			if (r->e->on_step)
				r->e->on_step(r->e->ctx, r->step);
		}
		if (m.what == VZ_INIT_ENDED) {
			r->ended = true;
			r->status = m.status;
		}
	}
}

/* What is being waited for. */
static const char *command_name(const struct run *r)
{
	const char *const *argv = r->e->n_steps ? r->e->steps[r->step].argv : r->e->argv;

	return argv ? argv[0] : "the script";
}

/* Of the whole, or of the step that runs, whichever comes first: what is left of its limit; -1: there is none. */
static int64_t time_left(const struct run *r, int64_t start, unsigned *ret_seconds)
{
	unsigned whole = r->e->timeout_seconds, step = r->e->n_steps ? r->e->steps[r->step].timeout_seconds : 0;
	int64_t now = now_ms(), left = -1;

	if (whole) {
		left = start + (int64_t)whole * 1000 - now;
		*ret_seconds = whole;
	}
	if (step && (!whole || r->began + (int64_t)step * 1000 - now < left)) {
		left = r->began + (int64_t)step * 1000 - now;
		*ret_seconds = step;
	}
	return !whole && !step ? -1 : left > 0 ? left : 0;
}

/* Until pid 1 has ended. -1: it has still to be killed. */
static int attend(struct run *r, struct vz_err *err)
{
	int64_t start = now_ms();
	struct pollfd pfd[] = { { r->pidfd, POLLIN, 0 }, { r->socket, POLLIN, 0 },
				{ r->e->build ? -1 : r->passing.fd, POLLIN, 0 } };

	while (!pfd[0].revents) {
		unsigned limit = 0;
		int64_t left = time_left(r, start, &limit);
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		if (r->e->build && vz_interrupted(err) < 0)
			return -1;
		if (left == 0)
			return vz_err_set(err, VZ_FAILED, "'%s' did not end within %u seconds", command_name(r), limit);
		if (ppoll(pfd, 3, left > 0 ? &ts : NULL, r->e->build ? &r->passing.before : &r->passing.waiting) < 0) {
			if (errno != EINTR)
				return vz_err_sys(err, "poll");
			pfd[0].revents = pfd[1].revents = pfd[2].revents = 0;
		}
		if (pfd[2].revents)
			vz_passing_on(&r->passing, r->pidfd);
		if (pfd[1].revents & POLLIN && receive(r, err) < 0)
			return -1;
		if (pfd[1].revents & POLLHUP)
			pfd[1].fd = -1;
	}
	return receive(r, err);
}

static int start(struct run *r, char **env, struct vz_err *err)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_PIDFD |
			 (r->e->private_network ? CLONE_NEWNET : 0),
		.pidfd = (uintptr_t)&r->pidfd, .exit_signal = SIGCHLD,
	};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return vz_err_sys(err, "make a socket pair");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		close(pair[0]);
		vz_init_main(r->e, env, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		vz_err_sys(err, "make namespaces");
		if (errno == EPERM)
			vz_err_hint(err, "this needs root, with CAP_SYS_ADMIN");
		close(pair[0]);
		return -1;
	}
	r->socket = pair[0];
	return 0;
}

static int run(struct run *r, char **env, struct vz_err *err)
{
	int failed;

	if (start(r, env, err) < 0)
		return -1;
	failed = attend(r, err);
	if (failed)
		pidfd_send_signal(r->pidfd, SIGKILL, NULL, 0);
	/* the namespaces, and all in them, are gone when this returns */
	while (waitid(P_PIDFD, (id_t)r->pidfd, &(siginfo_t){0}, WEXITED) < 0 && errno == EINTR)
		;
	if (!failed && !r->ended)
		return vz_err_set(err, VZ_FAILED, "'%s' was killed with all the processes around it", command_name(r));
	return failed;
}

static void run_release(struct run *r)
{
	if (r->pidfd >= 0)
		close(r->pidfd);
	if (r->socket >= 0)
		close(r->socket);
}

int vz_enter_run(const struct vz_enter *e, int *ret_status, struct vz_err *err)
{
	__attribute__((cleanup(run_release))) struct run r = { .e = e, .pidfd = -1, .socket = -1, .began = now_ms() };
	auto_free char *term = e->build ? NULL : vz_enter_term();
	auto_free const char **env = make_env(e->envp, term);
	int failed;

	vz_passing_begin(&r.passing);
	failed = run(&r, (char **)env, err);
	vz_passing_end(&r.passing);
	if (!failed)
		*ret_status = r.status;
	return failed;
}
