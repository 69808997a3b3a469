/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a family's own package manager would choose: the policy of the solver.
 *
 * Alternatives and virtual packages leave a choice, and people expect the one
 * that apt makes, not merely a consistent one.  A policy proposes a set of
 * packages; whether it can be, and what else to do if not, is decided by
 * vz_universe_solve().
 */
#ifndef RESOLVER_CHOOSE_H
#define RESOLVER_CHOOSE_H

#include "resolver/universe.h"

struct vz_wanted {
	struct vz_ints base;         /* packages of every OS template, first */
	struct vz_ints requests;     /* packages that were asked for */
	bool recommends;             /* what they recommend, too */
};

struct vz_policy {
	const char *family;
	/* Adds the packages that an OS template has without being asked. */
	void (*base)(struct vz_universe *u, struct vz_ints *ret);
	/* Adds all versions of packages that the package manager refuses to remove. */
	void (*essential)(struct vz_universe *u, struct vz_ints *ret);
	/* Adds the packages that would be installed, in rising order. The same for the same input. */
	void (*choose)(struct vz_universe *u, const struct vz_wanted *wanted, struct vz_ints *ret);
};

extern const struct vz_policy vz_policy_deb;

#endif
