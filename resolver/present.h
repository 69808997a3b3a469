/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages that are there already: in the OS template that something is added
 * to, in the environment as it is, or as a file that somebody gave.
 *
 * A repository may have left them behind meanwhile, so the resolver knows them
 * not from an index but by their cards: what the package itself says of its
 * name and dependencies, which whoever calls has in its records.  They become
 * one more repository of the universe, preferred to all others: what is there
 * stays as long as it fits.
 */
#ifndef RESOLVER_PRESENT_H
#define RESOLVER_PRESENT_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/plan.h"

enum vz_present_how {
	VZ_PRESENT_TEMPLATE,     /* stays, unless that is impossible */
	VZ_PRESENT_ADDED,        /* stays as long as something needs it or asks for it */
	VZ_PRESENT_FILE,         /* asked for, exactly this one */
};

struct vz_present {
	struct vz_plan_package package;  /* with its place in a plan; the caller's strings */
	enum vz_present_how how;
	const char *card;                /* deb: its control file; rpm: signature header and header of its file */
	size_t len;
};

struct vz_present_list {
	struct vz_present *v;
	size_t n, cap;
	bool fixes;              /* what an advisory or a suite for security updates asks for takes the place of what is there */
	bool itself;             /* it is the OS template itself that is resolved: nothing of it is "added" */
};

/* The repository that packages from single files have in plans; no recipe can give its own that name. */
#define VZ_PRESENT_FILES "local-files"

/* Writes the index of them all to `fd`, from its offset on: a .solv whose packages have "present/<I>" as location, I
 * counting in the list. `arch` as the family names it. A card that is of another package than its plan says, or of no
 * package: VZ_DAMAGED. */
int vz_present_index(const char *family, const char *arch, const struct vz_present_list *l, int fd, struct vz_err *err);
/* Which one such a location means; NULL: none of them. */
const struct vz_present *vz_present_at(const struct vz_present_list *l, const char *location);

#endif
