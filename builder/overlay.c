/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/overlay.h"

#include <stdio.h>
#include <string.h>

/* A node of the upper, and what it came from. */
struct origin {
	const struct vz_node *upper;
	struct vz_node *dir;             /* a renamed directory: the lower one; NULL: it is gone, and nothing shows */
	struct vz_node file;             /* a metadata copy: the lower inode as it was, for its content */
};

struct link {
	const struct vz_node *inode;     /* of the upper */
	struct vz_node *name;            /* of the result */
};

struct apply {
	struct vz_tree *lower;
	struct origin *origins;          /* in the order of the walk, which is the same both times */
	size_t n_origins, cap_origins, next;
	struct link *inodes, *links;
	size_t n_inodes, cap_inodes, n_links, cap_links;
	struct vz_node *limbo;           /* where renamed directories wait for their new place */
};

#define mark(n, name) vz_node_xattr((n), VZ_OVERLAY_MARK name)

bool vz_overlay_is_whiteout(const struct vz_node *n)
{
	n = vz_node_inode(n);
	return (S_ISCHR(n->mode) && n->rdev == 0) || (vz_node_is_file(n) && mark(n, "whiteout"));
}

bool vz_overlay_is_opaque(const struct vz_node *n)
{
	const struct vz_xattr *x = mark(n, "opaque");

	return x && x->len == 1 && x->value[0] == 'y';
}

/* The lower node that `n`, below a directory that merges with `below` (or NULL), came from. */
static struct vz_node *origin_of(const struct apply *a, const struct vz_node *n, const struct vz_node *below)
{
	const struct vz_xattr *redirect = mark(n, "redirect");

	if (redirect && redirect->value[0] == '/')
		return vz_tree_find(a->lower, redirect->value);
	if (!below)
		return NULL;
	return redirect ? vz_node_child(below, redirect->value, strlen(redirect->value))
			: vz_node_child(below, n->name, n->name_len);
}

static struct origin *add_origin(struct apply *a, const struct vz_node *n)
{
	vz_grow(a->origins, a->n_origins, a->cap_origins);
	a->origins[a->n_origins] = (struct origin){ .upper = n };
	return &a->origins[a->n_origins++];
}

static int unknown_origin(const struct vz_node *n, struct vz_err *err)
{
	auto_free char *path = vz_node_path(n);

	return vz_err_set(err, VZ_DAMAGED, "'%s' of a private area points at nothing in its template", path);
}

/* First of all, while the lower tree is whole: where does everything come from. */
static int find_origins(struct apply *a, const struct vz_node *dir, const struct vz_node *below, struct vz_err *err)
{
	for (uint32_t i = 0; i < dir->n_children; i++) {
		const struct vz_node *n = dir->children[i];
		struct vz_node *from = n->link || vz_overlay_is_whiteout(n) ? NULL : origin_of(a, n, below);

		if (vz_node_is_dir(n)) {
			if (from && !vz_node_is_dir(from))
				from = NULL;
			if (mark(n, "redirect")) {
				if (!*mark(n, "redirect")->value || from == a->lower->root)
					return unknown_origin(n, err);
				add_origin(a, n)->dir = from;
			}
			if (find_origins(a, n, vz_overlay_is_opaque(n) ? NULL : from, err) < 0)
				return -1;
		} else if (!n->link && vz_node_is_file(n) && mark(n, "metacopy")) {
			if (!from || !vz_node_is_file(from))
				return unknown_origin(n, err);
			add_origin(a, n)->file = *vz_node_inode(from);
		}
	}
	return 0;
}

static const struct origin *next_origin(struct apply *a, const struct vz_node *n)
{
	return a->next < a->n_origins && a->origins[a->next].upper == n ? &a->origins[a->next++] : NULL;
}

/* Takes renamed directories out of the way: their old places may be covered before their new ones are reached. */
static int lift_renamed(struct apply *a, const struct vz_tree *upper, struct vz_err *err)
{
	auto_free char *name = vz_strdup(".renamed");
	size_t count = 0;

	while (vz_node_child(a->lower->root, name, strlen(name)) || vz_node_child(upper->root, name, strlen(name))) {
		char *longer = vz_printf("%s_", name);

		free(name);
		name = longer;
	}
	a->limbo = vz_node_add(a->lower->root, name, S_IFDIR | 0700);
	for (size_t i = 0; i < a->n_origins; i++) {
		struct vz_node *dir = a->origins[i].dir;
		char number[24];

		if (!dir)
			continue;
		if (dir->parent == a->limbo)
			return unknown_origin(a->origins[i].upper, err);
		snprintf(number, sizeof number, "%zu", count++);
		vz_node_move(dir, a->limbo, number);
	}
	return 0;
}

/* `n` looks as `upper` does, but for the marks. */
static void take_attributes(struct vz_node *n, const struct vz_node *upper)
{
	uint32_t i = 0;

	n->mode = upper->mode;
	vz_node_copy_inode(n, upper);
	while (i < n->n_xattrs)
		if (strncmp(n->xattrs[i].key, VZ_OVERLAY_MARK, strlen(VZ_OVERLAY_MARK)) == 0)
			vz_node_remove_xattr(n, n->xattrs[i].key);
		else
			i++;
}

static void take_content(struct vz_node *n, const struct vz_node *from)
{
	n->has_digest = from->has_digest;
	n->digest = from->digest;
	n->size = from->size;
	n->payload = from->payload;
	n->content = from->content;
}

static void put_file(struct apply *a, struct vz_node *dir, struct vz_node *have, const struct vz_node *upper)
{
	const struct origin *o = next_origin(a, upper);
	uint32_t owner = have ? have->owner : 0;
	struct vz_node *n;

	if (have)
		vz_tree_remove(a->lower, have);
	n = vz_node_add(dir, upper->name, upper->mode);
	n->owner = owner;
	if (upper->link) {
		vz_grow(a->links, a->n_links, a->cap_links);
		a->links[a->n_links++] = (struct link){ upper->link, n };
		return;
	}
	take_attributes(n, upper);
	if (o)
		take_content(n, &o->file);
	if (upper->n_links) {
		vz_grow(a->inodes, a->n_inodes, a->cap_inodes);
		a->inodes[a->n_inodes++] = (struct link){ upper, n };
	}
}

static struct vz_node *put_dir(struct apply *a, struct vz_node *dir, struct vz_node *have, const struct vz_node *upper)
{
	const struct origin *o = next_origin(a, upper);

	if (have && (o || vz_overlay_is_opaque(upper) || !vz_node_is_dir(have))) {
		vz_tree_remove(a->lower, have);
		have = NULL;
	}
	if (o && o->dir) {
		vz_node_move(o->dir, dir, upper->name);
		have = o->dir;
	}
	return have ? have : vz_node_add(dir, upper->name, upper->mode);
}

static void apply_dir(struct apply *a, struct vz_node *dir, const struct vz_node *upper)
{
	take_attributes(dir, upper);
	for (uint32_t i = 0; i < upper->n_children; i++) {
		const struct vz_node *n = upper->children[i];
		struct vz_node *have = vz_node_child(dir, n->name, n->name_len);

		if (vz_node_is_dir(n))
			apply_dir(a, put_dir(a, dir, have, n), n);
		else if (!vz_overlay_is_whiteout(n))
			put_file(a, dir, have, n);
		else if (have)
			vz_tree_remove(a->lower, have);
	}
}

static int by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void join_links(struct apply *a)
{
	if (a->n_inodes)
		qsort(a->inodes, a->n_inodes, sizeof *a->inodes, by_inode);
	for (size_t i = 0; i < a->n_links; i++) {
		struct link *inode = bsearch(&a->links[i], a->inodes, a->n_inodes, sizeof *inode, by_inode);

		vz_node_set_link(a->links[i].name, inode->name);
	}
}

int vz_overlay_apply(struct vz_tree *lower, const struct vz_tree *upper, struct vz_err *err)
{
	struct apply a = { .lower = lower };
	int rc = find_origins(&a, upper->root, lower->root, err);

	if (rc == 0)
		rc = lift_renamed(&a, upper, err);
	if (rc == 0) {
		apply_dir(&a, lower->root, upper->root);
		join_links(&a);
	}
	if (a.limbo)
		vz_tree_remove(lower, a.limbo);
	free(a.origins);
	free(a.inodes);
	free(a.links);
	return rc;
}
