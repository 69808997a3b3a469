/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scheduled updates: what keeps templates and the environments that follow
 * them current with nobody looking, and undoes what turns out bad.
 *
 *     finish what was cut off ─ templates ─ compositions ─ canaries ─ the rest ─ log
 *
 * How far a template goes is its recipe's `auto`; an environment moves if its
 * OS template's is `apply`, and its settings do not say that it stays.  Those
 * that ask for the same are one group: the composition is made once, a share
 * of the group is moved first, and the others only if all of that share passed
 * their checks (builder/trial.h).  One that fails anywhere ends its group: what
 * was moved goes back, and a template's version that shows that image is not the current one any more.
 *
 * One failure stops nothing else: it is an event, and the run's code.  A run
 * keeps no state but what is in the store, so one that was cut off at any
 * point is finished by the next.
 */
#ifndef BUILDER_AUTO_H
#define BUILDER_AUTO_H

#include "builder/auto_log.h"
#include "builder/build.h"

struct vz_auto_options {
	const char *const *mirror_dirs;
	bool offline, dry_run;           /* of a dry run the events say what would be done, and of those that would be moved the
	                                    words are "TEMPLATE@VERSION"; nothing is changed but that metadata is refreshed */
	const struct vz_network *network;/* NULL: as it comes */
	unsigned jobs;                   /* environments that are moved at once; 0: 2 */
	unsigned canary;                 /* percent of a group that go first, but at least one; 0: 10 */
	unsigned load;                   /* the next is moved when the host's load is below this, or a minute has passed; 0: at once */
	/* The recipe as its owner has it now. */
	struct vz_recipe *(*recipe_of)(void *ctx, const struct vz_manifest *m, struct vz_err *err);
	void *ctx;
	const struct vz_report *report;
};

/* `ret` is what was done, with ret->code; it is kept, but after a dry run. VZ_BUSY: another run is under way. */
int vz_auto_run(struct vz_store *s, const struct vz_auto_options *o, struct vz_auto_log *ret, struct vz_err *err);

#endif
