/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Supply: packages of a plan, from the repositories of recipes, into the store.
 *
 * For whoever has a plan and trees from somewhere and lacks contents.  What
 * comes must have the digest that the plan has for it, so it does not matter
 * who wrote the plan: a record is of the package that the digest names.
 */
#ifndef SHARE_SUPPLY_H
#define SHARE_SUPPLY_H

#include "base/report.h"
#include "resolver/network.h"
#include "resolver/plan.h"
#include "store/manifest.h"
#include "store/store.h"

struct vz_supply {
	struct vz_store *store;
	const struct vz_manifest *const *templates;  /* whose recipes name the repositories: an OS template's, then applications' */
	size_t n_templates;
	const char *const *mirror_dirs;
	const char **recipe_dirs;        /* a recipe of that name here tells better where its repositories are; NULL: there is none */
	bool offline;
	const struct vz_network *network;
	const struct vz_report *report;
	size_t packages;                 /* result: that were fetched */
};

/* Fetches and opens those of the plan's packages that the store has no record of. */
int vz_supply(struct vz_supply *s, const struct vz_plan *plan, struct vz_err *err);

#endif
