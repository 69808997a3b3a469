/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What changes between two plans, package by package, as a plain value.
 */
#ifndef RESOLVER_PLAN_CHANGE_H
#define RESOLVER_PLAN_CHANGE_H

#include "resolver/plan.h"

/* The packages are those of the plans. One is NULL: added, or removed. */
struct vz_plan_change {
	const struct vz_plan_package *before, *now;
};
struct vz_plan_changes {
	struct vz_plan_change *v;        /* by name, then architecture */
	size_t n, cap;
};
void vz_plan_changes_release(struct vz_plan_changes *c);
#define auto_plan_changes __attribute__((cleanup(vz_plan_changes_release)))

/* A package is what it was as long as its digest is: it may come in the same version and be another. */
void vz_plan_compare(const struct vz_plan *before, const struct vz_plan *now, struct vz_plan_changes *ret);

#endif
