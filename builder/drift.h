/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drift: where an environment is not what its composition says, because
 * something private hides it.
 *
 * Configuration is there to be changed, and /var to be written to: of these,
 * only what a move could not merge counts.  Of programs and their files
 * everything counts.  A private copy that has size and time of what it hides is taken for the
 * same; nothing is read.
 */
#ifndef BUILDER_DRIFT_H
#define BUILDER_DRIFT_H

#include "builder/trees.h"
#include "link/env.h"

enum vz_drift_kind {
	VZ_DRIFT_CONFLICT,               /* the composition's version lies beside it: NAME.vzpkg-new */
	VZ_DRIFT_OUTDATED,               /* hides a file that the last move brought */
	VZ_DRIFT_MASKED,                 /* hides a file of the composition */
	VZ_DRIFT_REMOVED,                /* the composition has it, and the tenant removed it */
};
const char *vz_drift_name(enum vz_drift_kind kind);      /* "conflict", "outdated", "masked", "removed" */

struct vz_drift {
	struct vz_drift_file {
		char *path;
		enum vz_drift_kind kind;
	} *files;                        /* in the order of their paths */
	size_t n, cap;
};
void vz_drift_release(struct vz_drift *d);
#define auto_drift __attribute__((cleanup(vz_drift_release)))

/* `ret` is zeroed before, and to be released also after an error. Whoever runs in there is not held: what changes
 * meanwhile may be told or not. */
int vz_drift_find(struct vz_trees *trees, const struct vz_env *e, struct vz_drift *ret, struct vz_err *err);

#endif
