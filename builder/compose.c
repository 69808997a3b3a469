/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/compose.h"

#include <string.h>

#include "builder/claim.h"

struct pair {
	const struct vz_node *from;      /* an inode of the record */
	struct vz_node *to;
};

struct pairs {
	struct pair *items;
	size_t n, cap;
};

/* One package on its way into the tree. */
struct merge {
	const struct vz_compose *c;
	const struct vz_claims_ops *ops;
	struct vz_claims *claims;
	size_t index;
	struct pairs inodes, links;      /* of hard links: joined when all names are there */
};

static void pairs_add(struct pairs *p, const struct vz_node *from, struct vz_node *to)
{
	vz_grow(p->items, p->n, p->cap);
	p->items[p->n++] = (struct pair){ from, to };
}

static struct vz_node *add(struct merge *m, struct vz_node *dir, const char *name, const struct vz_node *from)
{
	struct vz_node *n = vz_node_add(dir, name, from->mode);

	n->owner = (uint32_t)m->index + 1;
	vz_node_copy_inode(n, from);
	if (n->mtime > m->c->date) {
		n->mtime = m->c->date;
		n->mtime_nsec = 0;
	}
	if (from->link)
		pairs_add(&m->links, from->link, n);
	else if (from->n_links)
		pairs_add(&m->inodes, from, n);
	return n;
}

static int conflict(struct merge *m, const struct vz_node *have, const struct vz_node *from, struct vz_err *err)
{
	const struct vz_compose_package *p = &m->c->packages[m->index];
	auto_free char *path = vz_node_path(have);

	return vz_err_set(err, VZ_FAILED, "'%s' is %s in package '%s' but %s already", path,
			  vz_node_is_dir(from) ? "a directory" : "a file", p->name,
			  vz_node_is_dir(have) ? "a directory" : "a file");
}

/* A place for a node: the name `name` in `dir`. */
struct spot {
	struct vz_node *dir;
	const char *name;
	struct vz_verdict verdict;
};

/* Makes room at `s`, where `have` stands, or moves `s` aside. 0: `from` is not to be placed at all. */
static int make_room(struct merge *m, struct vz_node *have, const struct vz_node *from, struct spot *s,
		     struct vz_err *err)
{
	if (m->ops->decide(m->claims, have, m->index, from, &s->verdict, err) < 0)
		return -1;
	switch (s->verdict.claim) {
	case VZ_CLAIM_OLD:
		return 0;
	case VZ_CLAIM_NEW:
		vz_tree_remove(m->c->tree, have);
		break;
	case VZ_CLAIM_OLD_ASIDE:
		vz_node_move(have, s->verdict.aside, s->verdict.name);
		break;
	case VZ_CLAIM_NEW_ASIDE:
		s->dir = s->verdict.aside;
		s->name = s->verdict.name;
		break;
	}
	return 1;
}

/* Away from where the package has it, because the path is diverted. */
static int divert(struct merge *m, const char *away, struct spot *s, struct vz_err *err)
{
	auto_free char *up = vz_strndup(away, (size_t)(strrchr(away, '/') - away));

	s->name = strrchr(away, '/') + 1;
	s->dir = vz_tree_make_dirs(m->c->tree, *up ? up : "/", 0755, m->c->date);
	if (!s->dir || !vz_node_name_is_valid(s->name, strlen(s->name)))
		return vz_err_set(err, VZ_FAILED, "package '%s': no directory for the diverted '%s'",
				  m->c->packages[m->index].name, away);
	return 0;
}

static int place(struct merge *m, struct vz_node *dir, const struct vz_node *from, struct vz_err *err)
{
	const char *away = m->ops->diverted ? m->ops->diverted(m->claims, m->index, from) : NULL;
	struct spot s = { .dir = dir, .name = from->name };
	struct vz_node *have;
	int room = 1;

	if (away && divert(m, away, &s, err) < 0)
		return -1;
	have = vz_node_child(s.dir, s.name, strlen(s.name));
	if (have && vz_node_is_dir(have))
		return vz_node_is_symlink(from) && !m->ops->no_link_over_dir ? 0 : conflict(m, have, from, err);
	if (have)
		room = make_room(m, have, from, &s, err);
	if (room > 0)
		add(m, s.dir, s.name, from);
	return room < 0 ? -1 : 0;
}

/* The directory that stands at or behind `have`, or NULL. */
static struct vz_node *directory(const struct merge *m, struct vz_node *have)
{
	auto_free char *path = NULL;

	if (vz_node_is_dir(have))
		return have;
	path = vz_node_path(have);
	have = vz_tree_lookup(m->c->tree, path, true);
	return have && vz_node_is_dir(have) ? have : NULL;
}

/* Recursion is as deep as a path of a package, which ingest limits to 4 KiB. */
static int merge_dir(struct merge *m, struct vz_node *dir, const struct vz_node *from, struct vz_err *err)
{
	for (uint32_t i = 0; i < from->n_children; i++) {
		const struct vz_node *child = from->children[i];
		struct vz_node *have, *below;

		if (!vz_node_is_dir(child)) {
			if (place(m, dir, child, err) < 0)
				return -1;
			continue;
		}
		have = vz_node_child(dir, child->name, child->name_len);
		below = have ? directory(m, have) : add(m, dir, child->name, child);
		if (!below)
			return conflict(m, have, child, err);
		if (have && m->ops->share && m->ops->share(m->claims, have, m->index, child, err) < 0)
			return -1;
		if (merge_dir(m, below, child, err) < 0)
			return -1;
	}
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* A link whose inode lost its own name to another package stands in for it. */
static void join_links(struct merge *m)
{
	if (!m->links.n)
		return;
	qsort(m->links.items, m->links.n, sizeof *m->links.items, by_inode);
	if (m->inodes.n)
		qsort(m->inodes.items, m->inodes.n, sizeof *m->inodes.items, by_inode);
	for (size_t i = 0, first = 0; i < m->links.n; i++) {
		const struct pair *l = &m->links.items[i];
		const struct pair *inode = m->inodes.n ? bsearch(l, m->inodes.items, m->inodes.n, sizeof *l, by_inode)
						       : NULL;

		if (l->from != m->links.items[first].from)
			first = i;
		if (inode)
			vz_node_set_link(l->to, inode->to);
		else if (i != first)
			vz_node_set_link(l->to, m->links.items[first].to);
	}
}

static int merge_package(struct merge *m, struct vz_err *err)
{
	const struct vz_compose_package *p = &m->c->packages[m->index];
	int rc;

	m->inodes.n = m->links.n = 0;
	if (m->ops->share && m->ops->share(m->claims, m->c->tree->root, m->index, p->record->tree->root, err) < 0)
		return -1;
	rc = merge_dir(m, m->c->tree->root, p->record->tree->root, err);
	if (rc == 0)
		join_links(m);
	return rc;
}

/* The tree may come from a composition of other packages. */
static int disown(struct vz_node *n, void *ctx)
{
	(void)ctx;
	n->owner = 0;
	return 0;
}

static int merge_all(struct merge *m, struct vz_err *err)
{
	for (; m->index < m->c->n; m->index++)
		if (merge_package(m, err) < 0)
			return -1;
	return m->ops->finish ? m->ops->finish(m->claims, err) : 0;
}

int vz_compose(const struct vz_compose *c, struct vz_err *err)
{
	static const struct vz_claims_ops *const families[] = { &vz_claims_deb, &vz_claims_rpm };
	struct merge m = { .c = c };
	int rc;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i]->family, c->family) == 0)
			m.ops = families[i];
	if (!m.ops)
		return vz_err_set(err, VZ_FAILED, "packages of family '%s' cannot be composed", c->family);
	vz_node_walk(c->tree->root, disown, NULL);
	if (c->tree->root->n_children == 0)
		c->tree->root->mtime = c->date;
	m.claims = m.ops->new(c, err);
	rc = m.claims ? merge_all(&m, err) : -1;
	m.ops->free(m.claims);
	free(m.inodes.items);
	free(m.links.items);
	return rc;
}
