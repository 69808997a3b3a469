/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sweeping: what is bound to one machine or one moment, or is made again when
 * missing, does not get into a template.
 *
 * Only files that no package ships, and that are not as the parent has them.
 */
#ifndef BUILDER_SWEEP_H
#define BUILDER_SWEEP_H

#include "builder/configure.h"

enum vz_sweep_what {
	VZ_SWEEP_DROP,                   /* the file goes */
	VZ_SWEEP_FILLED,                 /* it goes if it is a file that is not empty */
	VZ_SWEEP_EMPTY,                  /* it stays, without its content */
};

struct vz_sweep_rule {
	const char *dir, *name;          /* a glob; NULL: everything below */
	enum vz_sweep_what what;
};

/* By the rules that hold for every distribution, and `rules`. Also adds an empty
 * /etc/resolv.conf where there is none, for link/view.h to show the host's over. */
int vz_sweep(const struct vz_configure *c, const struct vz_sweep_rule *rules, size_t n, struct vz_tree *t,
	     struct vz_err *err);

#endif
