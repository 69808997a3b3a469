/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trees of images, read once: who goes through many environments meets the same
 * few images again and again.
 */
#ifndef BUILDER_TREES_H
#define BUILDER_TREES_H

#include "store/store.h"
#include "store/tree.h"

#define VZ_TREES 6                       /* those of two compositions, two layers, and the ones before */

struct vz_trees {
	const struct vz_store *store;
	struct vz_trees_kept {
		struct vz_digest image;
		struct vz_tree *tree;
		unsigned used;
	} kept[VZ_TREES];
	unsigned clock;
};

void vz_trees_release(struct vz_trees *t);
#define auto_trees __attribute__((cleanup(vz_trees_release)))

/* The tree of an image, which stays until VZ_TREES - 1 others were asked for. NULL: VZ_DAMAGED and what reading gives. */
const struct vz_tree *vz_trees_get(struct vz_trees *t, const struct vz_digest *image, struct vz_err *err);

#endif
