/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/difference.h"

#include "base/digests.h"
#include "store/tree_compare.h"

void vz_difference_release(struct vz_difference *d)
{
	vz_plan_changes_release(&d->packages);
	for (size_t i = 0; i < d->n_files; i++)
		free(d->files[i].path);
	free(d->files);
	*d = (struct vz_difference){0};
}

static int add_file(void *ctx, const struct vz_node *before, const struct vz_node *now)
{
	struct vz_difference *d = ctx;
	struct vz_difference_file *f;

	vz_grow(d->files, d->n_files, d->cap_files);
	f = &d->files[d->n_files++];
	*f = (struct vz_difference_file){ !before ? '+' : !now ? '-' : '*', vz_node_path(now ? now : before) };
	d->added += !before;
	d->removed += !now;
	d->changed += before && now;
	return 0;
}

static int know(struct vz_node *n, void *ctx)
{
	if (!n->link && n->has_digest)
		*vz_digests_put(ctx, &n->digest) = 1;
	return 0;
}

struct count {
	struct vz_digests *known;
	uint64_t bytes;
};

/* What is no object stands in the image, and is not counted. */
static int count_new(struct vz_node *n, void *ctx)
{
	struct count *c = ctx;

	if (n->link || !n->has_digest || vz_digests_get(c->known, &n->digest))
		return 0;
	*vz_digests_put(c->known, &n->digest) = 1;
	c->bytes += n->size;
	return 0;
}

void vz_difference_of(const struct vz_difference_side *before, const struct vz_difference_side *now, struct vz_difference *ret)
{
	auto_digests struct vz_digests known = {0};
	struct count new = { &known, 0 };
	struct vz_tree_stats stats;

	*ret = (struct vz_difference){0};
	vz_plan_compare(before->plan, now->plan, &ret->packages);
	vz_tree_compare(before->tree, now->tree, add_file, ret);
	vz_tree_stats(before->tree, &stats);
	ret->bytes_before = stats.bytes;
	vz_tree_stats(now->tree, &stats);
	ret->bytes_now = stats.bytes;
	vz_node_walk(before->tree->root, know, &known);
	vz_node_walk(now->tree->root, count_new, &new);
	ret->bytes_new = new.bytes;
}
