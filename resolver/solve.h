/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a recipe's requests and a universe to the packages of a plan.
 *
 * The family's policy proposes what its own package manager would choose; the
 * solver confirms the proposal, or finds the solution nearest to it.  The
 * base of an OS template is chosen first and alone, so that templates whose
 * recipes differ share it.
 */
#ifndef RESOLVER_SOLVE_H
#define RESOLVER_SOLVE_H

#include "resolver/choose.h"
#include "resolver/plan.h"
#include "resolver/present.h"
#include "resolver/recipe.h"
#include "resolver/universe.h"

struct vz_solve {
	struct vz_universe *u;                   /* its repository numbers are the indexes of the recipe's repositories */
	const struct vz_policy *policy;
	const struct vz_recipe *recipe;
	const char *arch;                        /* the plan's as the family names it */
	const struct vz_present_list *present;   /* what vz_universe_add_present() was given; NULL: nothing */
};

/* Fills plan->packages, in order. VZ_UNRESOLVED says which request, which package
 * and which repository. Makes the universe ready. `ret_files`: NULL if it has
 * complete lists of files; else set, success or not, where they could give
 * another answer.
 *
 * Where something is there already, what an OS template has comes first. If all
 * of that stays, it does so in its order and with its flags, and what comes to
 * it, "added", behind; if not, the OS is what its packages need now. With present->fixes, what is there goes where
 * vz_universe_fix() has something in its place, and what needs the newer one follows. With present->itself
 * nothing is "added". */
int vz_solve(const struct vz_solve *s, struct vz_plan *plan, bool *ret_files, struct vz_err *err);

/* The words for a problem, into `err`; the solution's first jobs are those of `asked`. Returns -1. */
int vz_explain(struct vz_universe *u, const struct vz_recipe *r, const struct vz_asked_list *asked, const struct vz_solution *s,
	       struct vz_err *err);

#endif
