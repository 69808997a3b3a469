/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/trees.h"

void vz_trees_release(struct vz_trees *t)
{
	for (size_t i = 0; i < VZ_TREES; i++)
		vz_tree_free(t->kept[i].tree);
	*t = (struct vz_trees){ .store = t->store };
}

const struct vz_tree *vz_trees_get(struct vz_trees *t, const struct vz_digest *image, struct vz_err *err)
{
	struct vz_trees_kept *oldest = &t->kept[0];

	t->clock++;
	for (size_t i = 0; i < VZ_TREES; i++) {
		struct vz_trees_kept *k = &t->kept[i];

		if (k->tree && vz_digest_cmp(&k->image, image) == 0) {
			k->used = t->clock;
			return k->tree;
		}
		if (k->used < oldest->used)
			oldest = k;
	}
	vz_tree_free(oldest->tree);
	*oldest = (struct vz_trees_kept){ *image, vz_store_image_tree(t->store, image, err), t->clock };
	return oldest->tree;
}
