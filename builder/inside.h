/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside: a command in an environment on nobody's terminal, with a time limit,
 * its output collected.  As `vzpkg exec`, it sees what runs there.
 */
#ifndef BUILDER_INSIDE_H
#define BUILDER_INSIDE_H

#include "base/buf.h"
#include "link/env.h"

struct vz_inside {
	const char *env;
	const char *const *argv;         /* NULL-terminated; argv[0] is searched in the inside PATH */
	unsigned seconds;                /* 0: no limit */
};

/* `ret_status` is a wait status; what it prints is added to `ret_output`, up to a limit. VZ_FAILED when the time has
 * passed: then all that the command started has been ended. The caller does not hold the environment's lock. */
int vz_inside_run(struct vz_store *s, const struct vz_inside *in, int *ret_status, struct vz_buf *ret_output,
		  struct vz_err *err);

#endif
