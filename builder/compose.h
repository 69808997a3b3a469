/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compose: the trees of a plan's packages merged onto a parent tree, in
 * memory; no file content is read or written.
 *
 * Paths pass through directory symbolic links of what is already there (merged
 * /usr: a package's bin/x lands in usr/bin/x); the merged-/usr links are seeded
 * first.  Diversions and Replaces are honoured; a true file conflict is an
 * error that names both packages.
 */
#ifndef BUILDER_COMPOSE_H
#define BUILDER_COMPOSE_H

#include "store/record.h"
#include "store/tree.h"

struct vz_compose_package {
	const char *name, *version, *arch;
	const struct vz_record *record;
};

/* Merges onto `t` (changed in place; the parent's tree or a new one), packages
 * in order. VZ_FAILED for a conflict. `n->owner` of merged nodes is the
 * package's index + 1, 0 for the parent's. */
int vz_compose(struct vz_tree *t, const struct vz_compose_package *packages, size_t n, int64_t date,
	       struct vz_err *err);

#endif
