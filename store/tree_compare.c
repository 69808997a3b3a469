/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tree_compare.h"

#include <string.h>

struct comparison {
	vz_tree_difference each;
	void *ctx;
};

/* < 0: the next name is only before, > 0: only now. At least one is there. */
static int order(const struct vz_node *before, uint32_t i, const struct vz_node *now, uint32_t k)
{
	const bool more = before && i < before->n_children, more_now = now && k < now->n_children;

	return more && more_now ? strcmp(before->children[i]->name, now->children[k]->name) : more ? -1 : 1;
}

static int compare(const struct comparison *c, const struct vz_node *before, const struct vz_node *now)
{
	uint32_t i = 0, k = 0;
	int rc = 0;

	if (!before || !now || !vz_node_same(before, now, false))
		rc = c->each(c->ctx, before, now);
	while (!rc && ((before && i < before->n_children) || (now && k < now->n_children))) {
		const int which = order(before, i, now, k);

		rc = compare(c, which <= 0 ? before->children[i] : NULL, which >= 0 ? now->children[k] : NULL);
		i += which <= 0;
		k += which >= 0;
	}
	return rc;
}

int vz_tree_compare(const struct vz_tree *before, const struct vz_tree *now, vz_tree_difference each, void *ctx)
{
	const struct comparison c = { each, ctx };

	return compare(&c, before->root, now->root);
}
