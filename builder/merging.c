/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/merging.h"

#include <string.h>

void vz_merging_settle(struct vz_merging *g, const char *path)
{
	vz_table_put(&g->settled, path, NULL);
}

bool vz_merging_is_settled(const struct vz_merging *g, const char *path)
{
	return vz_table_has(&g->settled, path);
}

/* Adds a change of what the survey saw. */
static void change(struct vz_merging *g, enum vz_upper_kind kind, enum vz_upper_why why, const char *path,
		   const struct vz_node *like)
{
	struct vz_survey_place p;
	struct vz_upper_change *c;

	if (vz_merging_is_settled(g, path))
		return;
	vz_merging_settle(g, path);
	vz_survey_place(&g->survey, path, &p);
	if (p.blocked)
		return;
	c = vz_upper_add(g->plan, kind, why, path, like);
	if (p.entry)
		c->seen = p.entry->seen;
}

void vz_merging_put(struct vz_merging *g, enum vz_upper_why why, const char *path, const struct vz_node *like)
{
	const struct vz_node *n = vz_node_inode(like);

	if (vz_node_is_file(n) || vz_node_is_symlink(n))
		change(g, VZ_UPPER_PUT, why, path, n);
	else
		vz_merging_settle(g, path);
}

void vz_merging_dir(struct vz_merging *g, enum vz_upper_why why, const char *path, const struct vz_node *like)
{
	change(g, VZ_UPPER_DIR, why, path, like);
}

void vz_merging_hide(struct vz_merging *g, enum vz_upper_why why, const char *path)
{
	change(g, VZ_UPPER_HIDE, why, path, NULL);
}

void vz_merging_guard(struct vz_merging *g, const char *path)
{
	change(g, VZ_UPPER_DROP, VZ_UPPER_GUARD, path, NULL);
}

int vz_merging_drop(struct vz_merging *g, enum vz_upper_why why, const char *path, struct vz_err *err)
{
	struct vz_upper_seen seen;

	if (vz_merging_is_settled(g, path))
		return 0;
	vz_merging_settle(g, path);
	if (vz_upper_look(g->m->upper_fd, path, &seen, err) < 0)
		return -1;
	if (seen.there)
		vz_upper_add(g->plan, VZ_UPPER_DROP, why, path, NULL)->seen = seen;
	return 0;
}

void vz_merging_follow(struct vz_merging *g, enum vz_upper_why why, const char *path)
{
	struct vz_survey_place p;
	const struct vz_node *shows;

	vz_survey_place(&g->survey, path, &p);
	shows = vz_survey_after(&p.under);
	if (p.entry && p.entry->seen.there && shows == p.to)
		change(g, VZ_UPPER_DROP, why, path, NULL);
	else if (p.to && shows != p.to)
		vz_merging_put(g, why, path, p.to);
	else if (shows && shows != p.to)
		vz_merging_hide(g, why, path);
	else if (p.entry && p.entry->seen.there)
		change(g, VZ_UPPER_DROP, why, path, NULL);
	else
		vz_merging_settle(g, path);
}

void vz_merging_beside(struct vz_merging *g, const char *path, const struct vz_node *new)
{
	auto_free char *name = vz_printf("%s" VZ_MERGE_BESIDE, path);
	struct vz_upper_change *c;
	struct vz_err ignored;

	new = vz_node_inode(new);
	if (vz_merging_is_settled(g, name) || !(vz_node_is_file(new) || vz_node_is_symlink(new)))
		return;
	vz_merging_settle(g, name);
	c = vz_upper_add(g->plan, VZ_UPPER_PUT, VZ_UPPER_BESIDE, name, new);
	/* it has no counterpart, so the survey does not know it */
	vz_upper_look(g->m->upper_fd, name, &c->seen, &ignored);
}

/* ---- nodes ---- */

struct vz_tree *vz_merging_node(const struct vz_node *content, const struct vz_node *attributes, struct vz_node **ret)
{
	struct vz_tree *t = vz_tree_new();
	struct vz_node *n = vz_node_add(t->root, "n", vz_node_inode(content)->mode), *a = vz_node_add(t->root, "o", S_IFREG);

	vz_node_copy_inode(n, content);
	vz_node_copy_inode(a, attributes);
	n->mode = (n->mode & S_IFMT) | (a->mode & 07777);
	n->uid = a->uid;
	n->gid = a->gid;
	n->xattrs = a->xattrs;           /* one arena */
	n->n_xattrs = a->n_xattrs;
	*ret = n;
	return t;
}

static bool same_xattrs(const struct vz_node *a, const struct vz_node *b)
{
	struct vz_node x = *a, y = *b;

	x.mode = y.mode;
	x.uid = y.uid;
	x.gid = y.gid;
	return vz_node_same_attributes(&x, &y);
}

struct vz_tree *vz_merging_attributes(const struct vz_node *base, const struct vz_node *theirs, const struct vz_node *new,
				      struct vz_node **ret)
{
	const struct vz_node *b = vz_node_inode(base), *t = vz_node_inode(theirs), *n = vz_node_inode(new);
	struct vz_node *merged;
	struct vz_tree *tree = vz_merging_node(t, same_xattrs(t, b) ? n : t, &merged);

	merged->mode = (t->mode & S_IFMT) | (((t->mode ^ b->mode) & 07777 ? t->mode : n->mode) & 07777);
	merged->uid = t->uid != b->uid ? t->uid : n->uid;
	merged->gid = t->gid != b->gid ? t->gid : n->gid;
	*ret = merged;
	return tree;
}

/* ---- pins ---- */

/* What either directory has, and nothing private overrides. */
static void pin_children(struct vz_merging *g, const char *path, const struct vz_node *before, const struct vz_node *after)
{
	for (uint32_t i = 0; before && i < before->n_children; i++) {
		auto_free char *child = vz_printf("%s/%s", path, before->children[i]->name);

		vz_merging_pin(g, child);
	}
	for (uint32_t i = 0; after && i < after->n_children; i++) {
		const struct vz_node *n = after->children[i];
		auto_free char *child = vz_printf("%s/%s", path, n->name);

		if (!before || !vz_node_child(before, n->name, n->name_len))
			vz_merging_pin(g, child);
	}
}

static void pin_lower(struct vz_merging *g, const char *path, const struct vz_node *before, const struct vz_node *after)
{
	bool before_dir = before && vz_node_is_dir(before), after_dir = after && vz_node_is_dir(after);

	if (before == after)
		return;
	if (!before) {
		vz_merging_hide(g, VZ_UPPER_KEPT, path);
	} else if (before_dir) {
		if (!after_dir || !vz_node_same_attributes(before, after))
			vz_merging_dir(g, VZ_UPPER_KEPT, path, before);
		pin_children(g, path, before, after_dir ? after : NULL);
	} else if (!after || !vz_node_same(before, after, false)) {
		vz_merging_put(g, VZ_UPPER_KEPT, path, before);
	}
}

void vz_merging_pin(struct vz_merging *g, const char *path)
{
	struct vz_survey_place p;
	const struct vz_survey_entry *e;
	const struct vz_node *before, *after;

	vz_survey_place(&g->survey, path, &p);
	e = p.entry;
	if (p.blocked)
		return;
	if (!e) {
		pin_lower(g, path, vz_survey_before(&p.under), vz_survey_after(&p.under));
		return;
	}
	before = vz_survey_before(&e->origin);
	after = vz_survey_after(&e->origin);
	if (vz_node_is_dir(e->node) && before != after) {
		pin_children(g, path, before, after);
	} else if (e->metacopy && before && vz_node_is_file(before) && !(after && vz_node_same_content(before, after))) {
		struct vz_node *n;
		auto_tree struct vz_tree *t = vz_merging_node(before, e->node, &n);

		vz_merging_put(g, VZ_UPPER_KEPT, path, n);
	}
}

/* ---- the end ---- */

/* The directory that a change needs at `path`, if the upper has none. */
static void add_parent(struct vz_merging *g, struct vz_table *have, const char *path)
{
	struct vz_survey_place p;
	const struct vz_node *like;

	vz_survey_place(&g->survey, path, &p);
	if ((p.entry && p.entry->seen.there) || vz_table_has(have, path))
		return;
	like = vz_survey_after(&p.under);
	if (!like || !vz_node_is_dir(like))
		like = vz_survey_before(&p.under);
	vz_table_put(have, path, NULL);
	vz_upper_add(g->plan, VZ_UPPER_DIR, VZ_UPPER_PARENT, path, like);
}

static int by_path(const void *a, const void *b)
{
	const struct vz_upper_change *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int conflict_by_path(const void *a, const void *b)
{
	const struct vz_upper_conflict *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : strcmp(x->what, y->what);
}

void vz_merging_finish(struct vz_merging *g)
{
	struct vz_upper_plan *plan = g->plan;
	auto_table struct vz_table have = {0};
	size_t n = plan->n;

	for (size_t i = 0; i < n; i++)
		if (plan->changes[i].kind == VZ_UPPER_DIR)
			vz_table_put(&have, plan->changes[i].path, NULL);
	for (size_t i = 0; i < n; i++) {
		auto_free char *path = vz_strdup(plan->changes[i].path);

		for (char *slash = path; plan->changes[i].kind != VZ_UPPER_DROP && (slash = strchr(slash + 1, '/'));) {
			*slash = 0;
			add_parent(g, &have, path);
			*slash = '/';
		}
	}
	/* a directory before what is in it */
	if (plan->n)
		qsort(plan->changes, plan->n, sizeof *plan->changes, by_path);
	if (plan->n_conflicts)
		qsort(plan->conflicts, plan->n_conflicts, sizeof *plan->conflicts, conflict_by_path);
}
