/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/difference.h"

#include <string.h>

/* `owner` of a node of the new tree, of an inode for all its names */
enum { SAME, CHANGED };

static struct vz_node *counterpart(const struct vz_node *dir, const struct vz_node *n)
{
	return dir && vz_node_is_dir(dir) ? vz_node_child(dir, n->name, n->name_len) : NULL;
}

/* Do two names lead to inodes of equally many names, the first of them in tree order being at the same path? */
static bool same_names(const struct vz_node *a, const struct vz_node *b)
{
	auto_free char *x = NULL, *y = NULL;

	a = vz_node_inode(a);
	b = vz_node_inode(b);
	if (a->n_links != b->n_links)
		return false;
	if (!a->n_links)
		return true;
	x = vz_node_path(a);
	y = vz_node_path(b);
	return strcmp(x, y) == 0;
}

static void mark(struct vz_node *n, const struct vz_node *old)
{
	if (!old || !vz_node_same(old, n, true) || (!vz_node_is_dir(n) && !same_names(old, n)))
		vz_node_inode(n)->owner = CHANGED;
	for (uint32_t i = 0; i < n->n_children; i++)
		mark(n->children[i], counterpart(old, n->children[i]));
}

static int unmark(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->owner = SAME;
	return 0;
}

/* The directory of `out` for `n`, made with those above it. */
static struct vz_node *place_dir(struct vz_tree **out, const struct vz_node *n)
{
	struct vz_node *dir, *above;

	if (!n->parent) {
		if (!*out) {
			*out = vz_tree_new();
			vz_node_copy_inode((*out)->root, n);
		}
		return (*out)->root;
	}
	above = place_dir(out, n->parent);
	dir = vz_node_child(above, n->name, n->name_len);
	if (!dir) {
		dir = vz_node_add(above, n->name, n->mode);
		vz_node_copy_inode(dir, n);
	}
	return dir;
}

static void place(struct vz_tree **out, const struct vz_node *n)
{
	struct vz_node *copy = vz_node_add(place_dir(out, n->parent), n->name, n->mode);

	if (n->link) {
		/* the inode's name came before, in tree order */
		auto_free char *path = vz_node_path(n->link);

		vz_node_set_link(copy, vz_tree_find(*out, path));
	} else {
		vz_node_copy_inode(copy, n);
	}
}

static void collect(struct vz_tree **out, const struct vz_node *n, const struct vz_node *old)
{
	if (!vz_node_is_dir(n)) {
		if (vz_node_inode(n)->owner == CHANGED)
			place(out, n);
		return;
	}
	if (n->owner == CHANGED)
		place_dir(out, n);
	for (uint32_t i = 0; i < n->n_children; i++)
		collect(out, n->children[i], counterpart(old, n->children[i]));
	for (uint32_t i = 0; old && vz_node_is_dir(old) && i < old->n_children; i++)
		if (!counterpart(n, old->children[i]))
			vz_node_add(place_dir(out, n), old->children[i]->name, S_IFCHR);
}

struct vz_tree *vz_difference(struct vz_tree *from, struct vz_tree *to)
{
	struct vz_tree *out = NULL;

	vz_tree_order_links(from);
	vz_tree_order_links(to);
	vz_node_walk(to->root, unmark, NULL);
	mark(to->root, from->root);
	collect(&out, to->root, from->root);
	return out;
}
