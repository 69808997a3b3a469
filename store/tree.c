/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tree.h"

#include <assert.h>
#include <string.h>

#include "store/arena.h"

static struct vz_node *new_node(struct vz_arena *a, uint32_t mode)
{
	struct vz_node *n = vz_arena_alloc(a, sizeof *n);

	n->arena = a;
	n->mode = mode;
	n->nlink = 1;
	return n;
}

struct vz_tree *vz_tree_new(void)
{
	struct vz_arena *a = vz_arena_new();
	struct vz_tree *t = vz_arena_alloc(a, sizeof *t);

	t->root = new_node(a, S_IFDIR | 0755);
	t->root->name = vz_arena_copy(a, "", 0);
	return t;
}

void vz_tree_free(struct vz_tree *t)
{
	if (t)
		vz_arena_free(t->root->arena);
}

bool vz_node_name_is_valid(const char *name, size_t len)
{
	if (!len || len > 255 || memchr(name, '/', len) || memchr(name, 0, len))
		return false;
	return name[0] != '.' || (len > 1 && (name[1] != '.' || len > 2));
}

static int compare(const char *name, size_t len, const struct vz_node *n)
{
	int order = memcmp(name, n->name, len < n->name_len ? len : n->name_len);

	return order ? order : (int)len - (int)n->name_len;
}

/* The index of the first child that does not sort before `name`. */
static uint32_t find_slot(const struct vz_node *dir, const char *name, size_t len)
{
	uint32_t from = 0, to = dir->n_children;

	/* what builds a tree mostly comes sorted */
	if (to && compare(name, len, dir->children[to - 1]) > 0)
		return to;
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (compare(name, len, dir->children[mid]) > 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct vz_node *vz_node_child(const struct vz_node *dir, const char *name, size_t len)
{
	uint32_t i;

	if (len > 255)
		return NULL;
	i = find_slot(dir, name, len);
	return i < dir->n_children && compare(name, len, dir->children[i]) == 0 ? dir->children[i] : NULL;
}

static void set_capacity(struct vz_node *dir, uint32_t cap)
{
	struct vz_node **children = vz_arena_alloc(dir->arena, cap * sizeof *children);

	if (dir->n_children)
		memcpy(children, dir->children, dir->n_children * sizeof *children);
	dir->children = children;
	dir->cap_children = cap;
}

static void attach(struct vz_node *n, struct vz_node *dir)
{
	uint32_t i = find_slot(dir, n->name, n->name_len);

	assert(vz_node_is_dir(dir));
	assert(i == dir->n_children || compare(n->name, n->name_len, dir->children[i]) != 0);
	if (dir->n_children == dir->cap_children)
		set_capacity(dir, dir->cap_children ? 2 * dir->cap_children : 4);
	memmove(dir->children + i + 1, dir->children + i, (dir->n_children - i) * sizeof *dir->children);
	dir->children[i] = n;
	dir->n_children++;
	n->parent = dir;
}

static void detach(struct vz_node *n)
{
	struct vz_node *dir = n->parent;
	uint32_t i = find_slot(dir, n->name, n->name_len);

	assert(i < dir->n_children && dir->children[i] == n);
	dir->n_children--;
	memmove(dir->children + i, dir->children + i + 1, (dir->n_children - i) * sizeof *dir->children);
	n->parent = NULL;
}

static void set_name(struct vz_node *n, const char *name)
{
	size_t len = strlen(name);

	assert(vz_node_name_is_valid(name, len));
	n->name = vz_arena_copy(n->arena, name, len);
	n->name_len = (uint8_t)len;
}

struct vz_node *vz_node_add(struct vz_node *dir, const char *name, uint32_t mode)
{
	struct vz_node *n = new_node(dir->arena, mode);

	set_name(n, name);
	attach(n, dir);
	return n;
}

void vz_node_move(struct vz_node *n, struct vz_node *dir, const char *name)
{
	assert(n->arena == dir->arena);
	for (const struct vz_node *up = dir; up; up = up->parent)
		assert(up != n);
	detach(n);
	set_name(n, name);
	attach(n, dir);
}

/* Not recursive: how deep a tree is was decided by whoever made the package. */
int vz_node_walk(struct vz_node *n, int (*visit)(struct vz_node *n, void *ctx), void *ctx)
{
	struct level { struct vz_node *dir; uint32_t next; } *stack = NULL;
	size_t depth = 0, cap = 0;
	int r;

	for (;;) {
		r = visit(n, ctx);
		if (r)
			break;
		if (n->n_children) {
			vz_grow(stack, depth, cap);
			stack[depth++] = (struct level){ n, 0 };
		}
		while (depth && stack[depth - 1].next == stack[depth - 1].dir->n_children)
			depth--;
		if (!depth)
			break;
		n = stack[depth - 1].dir->children[stack[depth - 1].next++];
	}
	free(stack);
	return r;
}

/* `n` becomes the inode that `from`, in the same tree, was. */
static void take_inode(struct vz_node *n, const struct vz_node *from)
{
	struct vz_node old = *n;

	*n = *from;
	n->parent = old.parent;
	n->name = old.name;
	n->name_len = old.name_len;
	n->owner = old.owner;
	n->n_links = 0;
	n->link = NULL;
}

/* `n` becomes a name of `inode` and nothing else. */
static void become_link(struct vz_node *n, struct vz_node *inode)
{
	struct vz_node plain = {
		.parent = n->parent, .name = n->name, .name_len = n->name_len, .owner = n->owner, .arena = n->arena,
		.mode = inode->mode, .nlink = 1, .link = inode,
	};

	*n = plain;
}

/* Gives what a node held that left the tree to the first link to it, and the
 * others to that one. A node that left has itself as link until then, its heir after. */
static int inherit(struct vz_node *n, void *ctx)
{
	struct vz_node *gone = n->link;

	(void)ctx;
	if (!gone || !gone->link)
		return 0;
	if (gone->link == gone) {
		take_inode(n, gone);
		gone->link = n;
	} else {
		n->link = gone->link;
		n->link->n_links++;
	}
	return 0;
}

static int drop_link(struct vz_node *n, void *ctx)
{
	(void)ctx;
	if (n->link)
		n->link->n_links--;
	return 0;
}

static int leave(struct vz_node *n, void *ctx)
{
	bool *linked = ctx;

	if (n->n_links) {
		n->link = n;
		*linked = true;
	}
	return 0;
}

void vz_tree_remove(struct vz_tree *t, struct vz_node *n)
{
	bool linked = false;

	detach(n);
	vz_node_walk(n, drop_link, NULL);   /* first: a link that goes together with its inode is no heir */
	vz_node_walk(n, leave, &linked);
	if (linked)
		vz_node_walk(t->root, inherit, NULL);
}

void vz_node_set_link(struct vz_node *n, struct vz_node *target)
{
	struct vz_node *dir = n->parent, *root = dir;
	bool linked = false;

	assert(n != target && n->arena == target->arena && !vz_node_is_dir(n) && !vz_node_is_dir(target));
	drop_link(n, NULL);
	n->link = NULL;
	if (n->n_links) {
		while (root->parent)
			root = root->parent;
		detach(n);
		leave(n, &linked);
		vz_node_walk(root, inherit, NULL);
		attach(n, dir);
	}
	target = vz_node_inode(target);
	become_link(n, target);
	target->n_links++;
}

#define NOT_MET UINT32_MAX

static int forget_links(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->n_links = NOT_MET;
	return 0;
}

/* In tree order, so that the first name of an inode is met first. */
static int order_link(struct vz_node *n, void *ctx)
{
	struct vz_node *inode = n->link;

	(void)ctx;
	if (!inode) {
		n->n_links = 0;
		return 0;
	}
	if (inode->link)
		inode = n->link = inode->link;       /* it handed its role over */
	if (inode->n_links == NOT_MET) {
		take_inode(n, inode);
		become_link(inode, n);
		return 0;
	}
	inode->n_links++;
	n->n_links = 0;
	return 0;
}

void vz_tree_order_links(struct vz_tree *t)
{
	vz_node_walk(t->root, forget_links, NULL);
	vz_node_walk(t->root, order_link, NULL);
}

static int set_nlink(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->nlink = n->n_links + 1;
	return 0;
}

void vz_tree_count_links(struct vz_tree *t)
{
	vz_tree_order_links(t);
	vz_node_walk(t->root, set_nlink, NULL);
}

struct pair {
	const struct vz_node *from;
	struct vz_node *to;
};

struct copy {
	struct pair last;                /* visited last, and its copy */
	struct pair *inodes, *links;     /* inodes with links, copied; links, as `from` the inode and `to` the link's copy */
	size_t n_inodes, cap_inodes, n_links, cap_links;
};

static int copy_node(struct vz_node *n, void *ctx)
{
	struct copy *c = ctx;
	struct vz_node *new = c->last.to;

	if (n->parent) {
		for (; c->last.from != n->parent; c->last.from = c->last.from->parent)
			c->last.to = c->last.to->parent;
		new = vz_node_add(c->last.to, n->name, n->mode);
	}
	new->owner = n->owner;
	if (n->n_children)
		set_capacity(new, n->n_children);
	if (n->link) {
		vz_grow(c->links, c->n_links, c->cap_links);
		c->links[c->n_links++] = (struct pair){ n->link, new };
	} else {
		vz_node_copy_inode(new, n);
	}
	if (n->n_links) {
		vz_grow(c->inodes, c->n_inodes, c->cap_inodes);
		c->inodes[c->n_inodes++] = (struct pair){ n, new };
	}
	c->last = (struct pair){ n, new };
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

struct vz_tree *vz_tree_copy(const struct vz_tree *t)
{
	struct vz_tree *new = vz_tree_new();
	struct copy c = { .last = { t->root, new->root } };

	vz_node_walk(t->root, copy_node, &c);
	if (c.n_inodes)
		qsort(c.inodes, c.n_inodes, sizeof *c.inodes, by_address);
	for (size_t i = 0; i < c.n_links; i++) {
		struct pair *p = bsearch(&c.links[i], c.inodes, c.n_inodes, sizeof *p, by_address);

		vz_node_set_link(c.links[i].to, p->to);
	}
	free(c.inodes);
	free(c.links);
	return new;
}

static int count_node(struct vz_node *n, void *ctx)
{
	struct vz_tree_stats *s = ctx;

	s->files++;
	if (!n->link && vz_node_is_file(n))
		s->bytes += n->size;
	return 0;
}

void vz_tree_stats(const struct vz_tree *t, struct vz_tree_stats *ret)
{
	*ret = (struct vz_tree_stats){0};
	vz_node_walk(t->root, count_node, ret);
	ret->files--;
}
