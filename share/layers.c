/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/layers.h"

#include <string.h>

#include "share/difference.h"
#include "store/record.h"

/* `owner` of a node of the tree that is taken apart: its layer. */

struct split {
	struct vz_tree *tree;
	struct vz_layers *layers;
	enum vz_layer at;                /* that of the package at hand */
};

void vz_layers_release(struct vz_layers *l)
{
	for (int i = 0; i < VZ_LAYERS; i++)
		vz_tree_free(l->trees[i]);
	*l = (struct vz_layers){0};
}

const char *vz_layer_name(enum vz_layer l)
{
	static const char *const names[] = { "packages of the base", "other packages", "configuration", "private changes" };

	return names[l];
}

static int unowned(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->owner = VZ_LAYER_OWN;
	return 0;
}

static bool same_file(const struct vz_node *a, const struct vz_node *b)
{
	if (a->mode != b->mode || a->size != b->size || a->rdev != b->rdev || a->has_digest != b->has_digest)
		return false;
	if (vz_node_is_symlink(a))
		return strcmp(a->payload, b->payload) == 0;
	if (!vz_node_is_file(a) || !a->size)
		return true;
	return a->has_digest ? vz_digest_cmp(&a->digest, &b->digest) == 0
			     : a->content && b->content && memcmp(a->content, b->content, a->size) == 0;
}

/* The directory of a lower layer at the path of `n`, which is one of the tree; made if it is not
 * there, as `like` says, or else as the layer below has it, or else plainly. */
static struct vz_node *lower_dir(struct split *s, enum vz_layer at, const struct vz_node *n, const struct vz_node *like)
{
	struct vz_tree **t = &s->layers->trees[at];
	const struct vz_tree *below = at ? s->layers->trees[at - 1] : NULL;
	auto_free char *path = vz_node_path(n);
	struct vz_node *dir, *known = below ? vz_tree_find(below, path) : NULL;
	bool fresh = !*t;

	if (fresh)
		*t = vz_tree_new();
	dir = vz_tree_find(*t, path);
	if (dir && !(fresh && !n->parent))
		return dir;
	if (!dir) {
		struct vz_node *parent = lower_dir(s, at, n->parent, NULL);

		dir = vz_node_add(parent, n->name, S_IFDIR | 0755);
	}
	if (known || like)
		vz_node_copy_inode(dir, known ? known : like);
	return dir;
}

/* A node of the package's record: of which node of the tree is it the origin? */
static int claim(struct vz_node *from, void *ctx)
{
	struct split *s = ctx;
	auto_free char *path = vz_node_path(from);
	struct vz_node *n = vz_tree_lookup(s->tree, path, vz_node_is_dir(from));

	if (!n || vz_node_is_dir(n) != vz_node_is_dir(from))
		return 0;
	if (vz_node_is_dir(n)) {
		lower_dir(s, s->at, n, from);
		return 0;
	}
	if (n->owner == VZ_LAYER_OWN && same_file(vz_node_inode(from), vz_node_inode(n)))
		n->owner = s->at;
	return 0;
}

static int claim_packages(struct split *s, const struct vz_store *store, const struct vz_plan *plan, struct vz_err *err)
{
	for (size_t i = 0; i < plan->n_packages; i++) {
		const struct vz_plan_package *p = &plan->packages[i];
		auto_record struct vz_record *r = NULL;

		if ((p->flags & VZ_PLAN_BASE ? VZ_LAYER_BASE : VZ_LAYER_REST) != s->at || !vz_record_has(store, p->digest))
			continue;
		r = vz_record_read(store, p->digest, err);
		if (!r)
			return vz_err_wrap(err, "package '%s'", p->name);
		vz_node_walk(r->tree->root, claim, s);
	}
	return 0;
}

/* All names of an inode go where the last of them goes. */
static int lift_inode(struct vz_node *n, void *ctx)
{
	(void)ctx;
	if (n->link && n->link->owner < n->owner)
		n->link->owner = n->owner;
	return 0;
}

static int lift_links(struct vz_node *n, void *ctx)
{
	(void)ctx;
	if (n->link)
		n->owner = n->link->owner;
	return 0;
}

/* What the tree's directory `n` looks like once the lower layers are there. */
static bool is_in_lower(const struct split *s, const struct vz_node *n)
{
	auto_free char *path = vz_node_path(n);

	for (int i = VZ_LAYER_OWN; i-- > 0; ) {
		struct vz_node *dir = s->layers->trees[i] ? vz_tree_find(s->layers->trees[i], path) : NULL;

		if (dir)
			return vz_node_same(dir, n, true);
	}
	return false;
}

/* The directory of the last layer for `n`: as the tree has it. */
static struct vz_node *own_dir(struct split *s, const struct vz_node *n)
{
	struct vz_tree **t = &s->layers->trees[VZ_LAYER_OWN];
	auto_free char *path = vz_node_path(n);
	struct vz_node *dir;

	if (!*t) {
		*t = vz_tree_new();
		vz_node_copy_inode((*t)->root, s->tree->root);
	}
	dir = vz_tree_find(*t, path);
	if (!dir) {
		dir = vz_node_add(own_dir(s, n->parent), n->name, n->mode);
		vz_node_copy_inode(dir, n);
	}
	return dir;
}

static int place(struct vz_node *n, void *ctx)
{
	struct split *s = ctx;
	struct vz_node *dir, *copy;

	if (vz_node_is_dir(n)) {
		if (!is_in_lower(s, n))
			own_dir(s, n);
		return 0;
	}
	dir = n->owner == VZ_LAYER_OWN ? own_dir(s, n->parent) : lower_dir(s, n->owner, n->parent, NULL);
	copy = vz_node_add(dir, n->name, n->mode);
	if (n->link) {
		/* in tree order the inode's name came before */
		auto_free char *path = vz_node_path(n->link);

		vz_node_set_link(copy, vz_tree_find(s->layers->trees[n->owner], path));
	} else {
		vz_node_copy_inode(copy, n);
	}
	return 0;
}

int vz_layers_split(const struct vz_store *s, struct vz_tree *t, struct vz_tree *changed, const struct vz_plan *plan,
		    struct vz_layers *ret, struct vz_err *err)
{
	struct vz_layers layers = {0};
	struct split split = { .tree = t, .layers = &layers };

	vz_tree_order_links(t);
	vz_node_walk(t->root, unowned, NULL);
	for (split.at = VZ_LAYER_BASE; split.at < VZ_LAYER_OWN; split.at++)
		if (claim_packages(&split, s, plan, err) < 0) {
			vz_layers_release(&layers);
			return -1;
		}
	vz_node_walk(t->root, lift_inode, NULL);
	vz_node_walk(t->root, lift_links, NULL);
	vz_node_walk(t->root, place, &split);
	layers.trees[VZ_LAYER_PRIVATE] = changed ? vz_difference(t, changed) : NULL;
	*ret = layers;
	return 0;
}
