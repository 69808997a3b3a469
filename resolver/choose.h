/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a family's own package manager would choose: the policy of the solver.
 *
 * Alternatives and virtual packages leave a choice, and people expect the one
 * that apt or dnf makes, not merely a consistent one.  A policy proposes a set
 * of packages; whether it can be, and what else to do if not, is decided by
 * vz_universe_solve().  dnf lets libsolv choose, and so that policy proposes
 * nothing.
 */
#ifndef RESOLVER_CHOOSE_H
#define RESOLVER_CHOOSE_H

#include "resolver/order.h"
#include "resolver/find.h"

struct vz_wanted {
	struct vz_ints kept;         /* packages that are there already and stay if they can */
	struct vz_ints base;         /* packages of every OS template, before others */
	struct vz_ints requests;     /* packages that were asked for */
	bool recommends;             /* what they recommend, too; what the kept ones do is there already, or was not wanted */
};

struct vz_policy {
	const char *family;
	/* What an item of a recipe means. */
	int (*find)(struct vz_find *f, const struct vz_request *q, struct vz_err *err);
	/* Adds the packages that an OS template has without being asked. NULL: none. */
	void (*base)(struct vz_universe *u, struct vz_ints *ret);
	/* Adds all versions of packages that the package manager refuses to remove. NULL: none. */
	void (*essential)(struct vz_universe *u, struct vz_ints *ret);
	/* Adds the packages that would be installed, in rising order. The same for the same input. NULL: the
	 * package manager takes what the solver chooses. */
	void (*choose)(struct vz_universe *u, const struct vz_wanted *wanted, struct vz_ints *ret);
	/* Whatever of these is chosen makes, with all it needs, the bootstrap set. NULL: base() does. */
	const char *const *bootstrap;
	/* Adds them in the order of installation. */
	void (*order)(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret);
};

extern const struct vz_policy vz_policy_deb, vz_policy_rpm;

#endif
