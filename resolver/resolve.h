/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resolver's front door: a recipe in, a plan out, and packages by plan.
 *
 *     session = open(store repos directory, options)
 *     plan    = vz_resolve(session, recipe)            refresh + verify + solve
 *               vz_resolve_fetch(session, plan, …)     download what a plan names
 *
 * Behind it: source (a repository's verified metadata as a libsolv repo),
 * trust (signatures), fetch, mirror, solve.  The recipe last given to a session
 * stays where it is until the session's last call.
 */
#ifndef RESOLVER_RESOLVE_H
#define RESOLVER_RESOLVE_H

#include "base/report.h"
#include "resolver/network.h"
#include "resolver/plan.h"
#include "resolver/present.h"
#include "resolver/recipe.h"

struct vz_resolve_options {
	int repos_fd;                    /* directory that keeps verified metadata, .solv caches, dates */
	const char *const *mirror_dirs;  /* as for vz_mirrors_expand() */
	bool offline;                    /* use what is cached and still valid, or fail */
	const struct vz_network *network;/* NULL: as it comes */
	const struct vz_report *report;
};

struct vz_session;
struct vz_session *vz_session_new(const struct vz_resolve_options *o);
void vz_session_free(struct vz_session *s);
VZ_AUTO(struct vz_session, vz_session_free)
#define auto_session VZ_CLEANUP(vz_session_free)

/* Refreshes and verifies the recipe's repositories, solves, orders. `present`: what is there already, or NULL. */
struct vz_plan *vz_resolve(struct vz_session *s, const struct vz_recipe *r, const struct vz_present_list *present,
			   struct vz_err *err);
/* Refreshes and verifies only what downloading needs (mirrors); for building from a lock. */
int vz_resolve_locked(struct vz_session *s, const struct vz_recipe *r, const struct vz_plan *lock, struct vz_err *err);

/* A package that has come, whole, checked against `p->digest`, and allowed by its repository's rules. `fd` is the
 * callee's. Called on several threads at once, while others are still on their way; a failure ends the run. */
typedef int (*vz_package_ready)(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *err);
/* Downloads packages[0..n) of a plan of this session, in parallel, into
 * anonymous files below `dir_fd`. Ends when the last call of `ready` has. VZ_UNTRUSTED if no mirror has the digest. */
int vz_resolve_fetch(struct vz_session *s, const struct vz_plan_package *const *packages, size_t n, int dir_fd,
		     vz_package_ready ready, void *ctx, struct vz_err *err);
/* From any thread, once: downloads that run fail soon, and so do later ones. */
void vz_session_stop(struct vz_session *s);

#endif
