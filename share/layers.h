/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layers: a tree taken apart so that what equal packages brought is equal in
 * every template and environment that has them.
 *
 *     base     the files of the bootstrap set's packages, as their records have them
 *     rest     those of all other packages
 *     own      what configuring made or changed, and everything else
 *     private  an environment's: its difference to what it was made from
 *
 * A file counts as a package's where the record has it at that path with the
 * same type, mode and content; times and owners are the tree's.  Directories
 * stand in a layer as the first package of it has them, so that they do not
 * depend on what else is installed; where the tree says otherwise `own`
 * has them again.  All names of an inode are in one layer.  One put over the
 * other, in order, they are the tree; only `private` has whiteouts.
 *
 * A package without a record leaves its files to `own`.
 */
#ifndef SHARE_LAYERS_H
#define SHARE_LAYERS_H

#include "resolver/plan.h"
#include "store/store.h"
#include "store/tree.h"

enum vz_layer { VZ_LAYER_BASE, VZ_LAYER_REST, VZ_LAYER_OWN, VZ_LAYER_PRIVATE, VZ_LAYERS };

struct vz_layers {
	struct vz_tree *trees[VZ_LAYERS];    /* NULL where there would be nothing in it */
};

void vz_layers_release(struct vz_layers *l);
/* `t` without private changes; with them it is `changed`, NULL if there are none. Uses the `owner` of their
 * nodes. VZ_DAMAGED if a record cannot be read. */
int vz_layers_split(const struct vz_store *s, struct vz_tree *t, struct vz_tree *changed, const struct vz_plan *plan,
		    struct vz_layers *ret, struct vz_err *err);
/* "packages of the base" */
const char *vz_layer_name(enum vz_layer l);

#endif
