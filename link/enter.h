/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entering: run a command inside a root that a detached mount gives.
 *
 * The command gets its own mount, pid, uts, ipc and cgroup namespaces (and a
 * network namespace if asked), the view of link/view.h, the confinement of
 * link/confine.h, a clean environment, and no descriptors but 0..2.  Every
 * process left when it ends is killed, and nothing stays mounted: the mounts
 * live in the namespace.  The same holds if the caller is killed.
 *
 * The root has to have directories /dev, /proc and /sys (and /run and /tmp for
 * builds), and nothing is made in it.
 *
 * What is given as stdin, stdout and stderr is in the tenant's hands: it can
 * be reopened and its mode changed.  A terminal stays usable as such, but input
 * cannot be pushed into it.
 */
#ifndef LINK_ENTER_H
#define LINK_ENTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define VZ_ENTER_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * One of several commands that run one after another in the same root, with the
 * same /run, /tmp and network. What it leaves running is killed before the next
 * one begins. The first that does not end with status 0 is the last.
 */
struct vz_enter_step {
	/* Called in the step's own process, as confined as a command. Returns the
	 * step's exit status, or 0 for `argv` to be executed. It may allocate, so
	 * the caller of vz_enter_run() must have one thread only. Where there is no
	 * `argv` it sees no /proc and may run what others wrote: what it executes
	 * must not find our own program there (CVE-2019-5736). NULL: none. */
	int (*call)(void *arg);
	void *arg;
	const char *const *argv;         /* NULL: none */
	unsigned timeout_seconds;        /* of this step; 0: none. VZ_FAILED when it passes */
};

struct vz_enter {
	int root_fd;                     /* detached mount; stays the caller's, and detached, for the next command */
	const char *const *argv;         /* argv[0] is searched in the inside PATH */
	const struct vz_enter_step *steps;   /* instead of argv */
	size_t n_steps;
	void (*on_step)(void *ctx, size_t i);    /* step `i` begins; or NULL */
	void *ctx;
	const char *const *envp;         /* additions to the clean environment, which win; or NULL */
	const char *hostname;            /* NULL: as the host's */
	const char *workdir;             /* NULL: "/" */
	int stdin_fd, stdout_fd, stderr_fd;  /* -1: /dev/null */
	bool private_network;            /* loopback only, for builds */
	bool host_resolv_conf;           /* show the host's resolv.conf, read-only, if there is one inside to hide */
	bool build;                      /* tmpfs /run and /tmp, new session, no tty; see vz_enter_run() for signals */
	unsigned timeout_seconds;        /* 0: none; VZ_FAILED when it passes */
	int lock_fd;                     /* 0, or a file on which we hold a flock: once the root is in place, pid 1 takes a
					    shared fcntl lock on its byte 0, till all processes have ended, then drops
					    the flock */
};

/* Runs to the end. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1/2 and SIGWINCH are
 * passed on; with `build`, vz_interrupted() ends it instead. `ret_status` is a
 * wait status, of steps the last one's. A command that is not there: VZ_NOTFOUND.
 * One at a time on one `root_fd`. */
int vz_enter_run(const struct vz_enter *e, int *ret_status, struct vz_err *err);

/* Is the program there that the command would be, as root in `root_fd` sees it? VZ_NOTFOUND. */
int vz_enter_find(int root_fd, const char *command, struct vz_err *err);
/* "TERM=..." of our own terminal, to be freed; NULL if that is not sane. */
char *vz_enter_term(void);

#endif
