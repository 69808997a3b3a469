/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pid 1 of an entered root: builds the view, starts the command, passes
 * signals on to it, reaps whatever else ends, and ends when the command does,
 * which kills what is left.
 *
 * Runs in a process made by clone3(2) from a possibly threaded one, so it does
 * not allocate (steps that call something may: link/enter.h).  It talks to link/enter.c over a socket, one struct
 * vz_init_message a datagram.
 */
#ifndef LINK_INIT_H
#define LINK_INIT_H

#include "link/enter.h"

enum vz_init_what {
	VZ_INIT_ROOT,            /* the root as a detached mount again, as SCM_RIGHTS */
	VZ_INIT_FAILED,          /* `err` says why the command does not run */
	VZ_INIT_STEP,            /* step `status` begins */
	VZ_INIT_ENDED,           /* `status` is its wait status */
};

struct vz_init_message {
	enum vz_init_what what;
	int status;
	struct vz_err err;
};

/* `env`: the whole environment. */
__attribute__((noreturn)) void vz_init_main(const struct vz_enter *e, char **env, int socket);

#endif
