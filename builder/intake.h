/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intake: a plan's packages fetched and opened in the background, while stages
 * work already with those that are there.
 *
 *     in = vz_intake_start(&o, err)        fetching begins
 *     vz_intake_wait(in, packages, n, err)  until these have records in the store
 *     vz_intake_finish(in, &sums, err)      until all is there, and on its way to the disk
 *
 * Those of the bootstrap set come first, and of each set the largest, as the
 * last one to be opened keeps all waiting.  Once somebody has what they waited
 * for, opening the rest gives way to their work and takes what is left of the
 * processors.  Packages that have a record are not fetched, and the file of a
 * package is not kept.
 */
#ifndef BUILDER_INTAKE_H
#define BUILDER_INTAKE_H

#include "base/report.h"
#include "resolver/resolve.h"
#include "store/store.h"

struct vz_intake_options {
	struct vz_store *store;
	const struct vz_plan *plan;
	struct vz_session *session;      /* nobody else's until this is freed */
	const struct vz_report *report;
};

struct vz_intake_sums {
	size_t packages;
	uint64_t fetched_bytes;          /* of packages that were downloaded */
	uint64_t new_bytes;              /* of objects that were not in the store */
};

struct vz_intake;
/* All that the options name has to outlive it. */
struct vz_intake *vz_intake_start(const struct vz_intake_options *o, struct vz_err *err);
/* A failure with any package ends the waiting, unless these are there. `packages` NULL: for all, and no thread of
 * this runs any more but one that syncs. */
int vz_intake_wait(struct vz_intake *in, const struct vz_plan_package *const *packages, size_t n, struct vz_err *err);
/* Also syncs the store, so that what came need not be written at the commit point. */
int vz_intake_finish(struct vz_intake *in, struct vz_intake_sums *ret, struct vz_err *err);
/* Stops what is still running. Takes NULL. */
void vz_intake_free(struct vz_intake *in);
VZ_AUTO(struct vz_intake, vz_intake_free)
#define auto_intake VZ_CLEANUP(vz_intake_free)

#endif
