/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entering: run a command inside a root that a detached mount gives.
 *
 * The command gets its own mount, pid, uts and ipc namespaces (and a network
 * namespace if asked), a small /dev, fresh /proc, read-only /sys, /dev/pts,
 * /dev/shm, /run and /tmp as the policy says, no descriptors but 0..2, a clean
 * environment, no controlling terminal for builds.  Every process left when it
 * ends is killed, and nothing stays mounted: the mounts live in the namespace.
 */
#ifndef LINK_ENTER_H
#define LINK_ENTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct vz_enter {
	int root_fd;                     /* detached mount, or an O_PATH directory; stays the caller's */
	const char *const *argv;         /* argv[0] is searched in the inside PATH */
	const char *const *envp;         /* additions to the clean environment, or NULL */
	const char *hostname;            /* NULL: as the host's */
	const char *workdir;             /* NULL: "/" */
	int stdin_fd, stdout_fd, stderr_fd;  /* -1: /dev/null */
	bool private_network;            /* loopback only, for builds */
	bool host_resolv_conf;           /* show the host's resolv.conf, read-only, if there is one inside to hide */
	bool build;                      /* tmpfs /run and /tmp, new session, no tty, no SIGINT forwarding */
	unsigned timeout_seconds;        /* 0: none; VZ_SCRIPT-free plain VZ_FAILED when it passes */
};

/* Runs to the end; SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1/2, SIGWINCH are passed on unless
 * `build`. `ret_status` is a wait status. A command that is not there: VZ_NOTFOUND. */
int vz_enter_run(const struct vz_enter *e, int *ret_status, struct vz_err *err);

#endif
