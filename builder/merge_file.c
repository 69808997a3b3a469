/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/merging.h"

/* One private entry, between what the compositions have at its path. */
struct file {
	struct vz_merging *g;
	const struct vz_survey_entry *e;
	const char *path;
	const struct vz_node *base, *new;    /* inodes, or NULL */
	bool config;                         /* below /etc: what cannot be merged is for people to see */
};

#define conflict(f, ...) \
	do { \
		if ((f)->config) \
			vz_upper_conflict((f)->g->plan, (f)->path, __VA_ARGS__); \
	} while (0)

static const char *kind_of(const struct vz_node *n)
{
	static const struct { uint32_t type; const char *name; } kinds[] = {
		{ S_IFDIR, "a directory" }, { S_IFREG, "a file" }, { S_IFLNK, "a symbolic link" }, { S_IFIFO, "a FIFO" },
		{ S_IFSOCK, "a socket" },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((n->mode & S_IFMT) == kinds[i].type)
			return kinds[i].name;
	return "a device";
}

/* Is everything there and below the same? */
static bool same_below(const struct vz_node *a, const struct vz_node *b)
{
	a = vz_node_inode(a);
	b = vz_node_inode(b);
	if (!vz_node_is_dir(a) || !vz_node_is_dir(b))
		return vz_node_same(a, b, false);
	if (!vz_node_same_attributes(a, b) || a->n_children != b->n_children)
		return false;
	for (uint32_t i = 0; i < a->n_children; i++)
		if (strcmp(a->children[i]->name, b->children[i]->name) != 0 || !same_below(a->children[i], b->children[i]))
			return false;
	return true;
}

static bool can_be_put(const struct vz_node *n)
{
	return vz_node_is_file(n) || vz_node_is_symlink(n);
}

/* The new composition lost it, and the tenant changed it. */
static void keep_removed(const struct file *f)
{
	struct vz_node *n;
	auto_tree struct vz_tree *t = f->e->metacopy ? vz_merging_node(f->base, f->e->node, &n) : NULL;

	/* of a copy without content, nothing but the attributes is the tenant's */
	if (t && !f->config) {
		vz_merging_follow(f->g, VZ_UPPER_TAKEN, f->path);
		return;
	}
	if (t)
		vz_merging_put(f->g, VZ_UPPER_KEPT, f->path, n);
	conflict(f, "changed here, and no longer in the new composition");
}

static void keep_other_type(const struct file *f)
{
	if ((f->new->mode & S_IFMT) != (f->e->node->mode & S_IFMT))
		conflict(f, "%s here, %s in the new composition, which does not show", kind_of(f->e->node), kind_of(f->new));
	else
		conflict(f, "%s here, and another one in the new composition", kind_of(f->new));
}

static void keep_both(const struct file *f)
{
	const char *name = strrchr(f->path, '/') + 1;

	if (f->config && strlen(name) + strlen(VZ_MERGE_BESIDE) <= 255) {
		vz_merging_beside(f->g, f->path, f->new);
		conflict(f, "%s here and in the new composition; the new version is '%s" VZ_MERGE_BESIDE "'",
			 f->base ? "changed" : "made", name);
	} else {
		conflict(f, "%s here and in the new composition", f->base ? "changed" : "made");
	}
}

/* The tenant's content, with other attributes. */
static int put_theirs(const struct file *f, const struct vz_node *attributes, struct vz_err *err)
{
	auto_buf struct vz_buf content = {0};
	struct vz_node *n;
	auto_tree struct vz_tree *t = vz_merging_node(f->e->node, attributes, &n);

	if (vz_node_is_file(n)) {
		if (f->e->seen.size > VZ_SURVEY_MAX) {
			conflict(f, "too large to get the mode and owner of the new composition");
			return 0;
		}
		if (vz_survey_content(&f->g->survey, f->g->m->store, f->e, &content, err) < 0)
			return -1;
		vz_node_set_content(n, content.data, content.len);
	}
	vz_merging_put(f->g, VZ_UPPER_MERGED, f->path, n);
	return 0;
}

/* Who has changed the content, and who the rest, is settled: it has the new content, or the tenant's. */
static int put_merged(const struct file *f, bool new_content, bool content_is_new, struct vz_err *err)
{
	struct vz_node *merged, *n;
	auto_tree struct vz_tree *t = vz_merging_attributes(f->base, f->e->node, f->new, &merged);
	auto_tree struct vz_tree *with = NULL;

	if ((new_content || content_is_new) && vz_node_same_attributes(merged, f->new)) {
		vz_merging_follow(f->g, VZ_UPPER_TAKEN, f->path);
	} else if (new_content) {
		with = vz_merging_node(f->new, merged, &n);
		vz_merging_put(f->g, VZ_UPPER_MERGED, f->path, n);
	} else if (!vz_node_same_attributes(merged, f->e->node)) {
		return put_theirs(f, merged, err);
	}
	return 0;
}

/* Both compositions have a file or a link there, and not the same. */
static int merge_three(const struct file *f, bool theirs_is_base, struct vz_err *err)
{
	bool theirs_is_new;

	if (vz_survey_same(&f->g->survey, f->e, f->new, &theirs_is_new, err) < 0)
		return -1;
	if (theirs_is_new && vz_node_same_attributes(f->e->node, f->new)) {
		vz_merging_follow(f->g, VZ_UPPER_TAKEN, f->path);
		return 0;
	}
	if (!f->base) {
		if (!theirs_is_new)
			keep_both(f);
		return 0;
	}
	if (!theirs_is_base && !theirs_is_new && !vz_node_same_content(f->base, f->new)) {
		keep_both(f);
		return 0;
	}
	return put_merged(f, theirs_is_base, theirs_is_new, err);
}

static bool is_within(const struct vz_node *n, const struct vz_node *top)
{
	while (n && n != top)
		n = n->parent;
	return n && top;
}

/* Does a renamed directory show what was here? overlayfs refuses to show one directory of a layer in two places. */
static bool is_shown_elsewhere(const struct file *f)
{
	const struct vz_survey *s = &f->g->survey;

	for (size_t i = 0; i < s->n; i++) {
		const struct vz_survey_lower *origin = &s->entries[i].origin;

		if (s->entries[i].renamed && (is_within(origin->from, f->e->from) || is_within(origin->to, f->e->to)))
			return true;
	}
	return false;
}

/* Once there is nothing to be hidden, it would hide what a package brings that is installed later. */
static void merge_whiteout(const struct file *f)
{
	const struct vz_survey_lower *under = &f->e->under;
	const bool over_them = !under->layer && under->from == f->e->from && under->to == f->e->to;

	if (f->base && f->new && !same_below(f->base, f->new))
		conflict(f, "removed here, changed in the new composition");
	else if (!f->base != !f->new && over_them && !is_shown_elsewhere(f))
		vz_merging_follow(f->g, VZ_UPPER_TAKEN, f->path);
}

static int merge_file(const struct file *f, struct vz_err *err)
{
	bool same = false;

	if (f->e->whiteout) {
		merge_whiteout(f);
		return 0;
	}
	/* content that came from elsewhere stays what it was */
	if (f->e->metacopy && vz_survey_before(&f->e->origin) != f->e->from) {
		vz_merging_pin(f->g, f->path);
		return 0;
	}
	if ((!f->base && !f->new) || (f->base && f->new && same_below(f->base, f->new)))
		return 0;
	if (f->base && vz_survey_same(&f->g->survey, f->e, f->base, &same, err) < 0)
		return -1;
	if (same && vz_node_same_attributes(f->e->node, f->base))
		vz_merging_follow(f->g, VZ_UPPER_TAKEN, f->path);
	else if (!f->new)
		keep_removed(f);
	else if (!can_be_put(f->e->node) || !can_be_put(f->new))
		keep_other_type(f);
	else
		return merge_three(f, same, err);
	return 0;
}

/* What is new in the new composition, with all below it. */
static void put_new(struct vz_merging *g, const char *path, const struct vz_node *new)
{
	new = vz_node_inode(new);
	if (!vz_node_is_dir(new)) {
		vz_merging_put(g, VZ_UPPER_TAKEN, path, new);
		return;
	}
	vz_merging_dir(g, VZ_UPPER_TAKEN, path, new);
	for (uint32_t i = 0; i < new->n_children; i++) {
		auto_free char *child = vz_printf("%s/%s", path, new->children[i]->name);

		put_new(g, child, new->children[i]);
	}
}

/*
 * A directory that shows nothing of the composition's: the tenant removed what
 * was there, or it made the directory when there was none.  Either way it could
 * not know of what is new.
 */
static void put_new_below(struct vz_merging *g, const char *path, const struct vz_node *base, const struct vz_node *new)
{
	for (uint32_t i = 0; new && i < new->n_children; i++) {
		const struct vz_node *n = new->children[i];
		const struct vz_node *was = base ? vz_node_child(base, n->name, n->name_len) : NULL;
		auto_free char *child = vz_printf("%s/%s", path, n->name);
		struct vz_survey_place p;

		vz_survey_place(&g->survey, child, &p);
		if (p.entry && vz_node_is_dir(p.entry->node) && vz_node_is_dir(n) && !p.entry->renamed)
			put_new_below(g, child, was, n);
		else if (!p.entry && !was)
			put_new(g, child, n);
	}
}

/* What such a directory hides goes; when it comes back by a rollback, it has to be hidden again. */
static void guard_hidden_below(struct vz_merging *g, const char *path, const struct vz_node *base, const struct vz_node *new)
{
	for (uint32_t i = 0; base && i < base->n_children; i++) {
		const struct vz_node *was = base->children[i];
		const struct vz_node *n = new ? vz_node_child(new, was->name, was->name_len) : NULL;
		auto_free char *child = vz_printf("%s/%s", path, was->name);
		struct vz_survey_place p;

		vz_survey_place(&g->survey, child, &p);
		if (p.entry && vz_node_is_dir(p.entry->node) && vz_node_is_dir(was) && !p.entry->renamed)
			guard_hidden_below(g, child, was, n);
		else if (!p.entry && !n)
			vz_merging_guard(g, child);
	}
}

static void merge_dir(const struct file *f)
{
	struct vz_node *merged;
	auto_tree struct vz_tree *t = NULL;

	if (f->e->renamed) {
		vz_merging_pin(f->g, f->path);
		return;
	}
	if (f->base && f->new && same_below(f->base, f->new))
		return;
	if (f->e->opaque)
		guard_hidden_below(f->g, f->path, f->base, f->new);
	if (!f->new)
		return;
	if (!vz_node_is_dir(f->new)) {
		keep_other_type(f);
		return;
	}
	if (f->e->opaque)
		put_new_below(f->g, f->path, f->base, f->new);
	if (!f->base || !vz_node_is_dir(f->base) || vz_node_same_attributes(f->base, f->new))
		return;
	t = vz_merging_attributes(f->base, f->e->node, f->new, &merged);
	if (vz_node_same_attributes(merged, f->e->node))
		return;
	/* one that is in the upper must stay itself, as files are open in it */
	if (!f->e->seen.there)
		vz_merging_dir(f->g, VZ_UPPER_MERGED, f->path, merged);
	else
		vz_upper_conflict(f->g->plan, f->path, "has another mode or owner in the new composition, which does not show");
}

struct walk {
	struct vz_merging *g;
	struct vz_err *err;
};

static int visit(struct vz_node *n, void *ctx)
{
	struct walk *w = ctx;
	const struct vz_survey_entry *e = vz_survey_entry(&w->g->survey, n);
	auto_free char *path = vz_node_path(n);
	const struct file f = {
		.g = w->g, .e = e, .path = path, .base = e->from ? vz_node_inode(e->from) : NULL,
		.new = e->to ? vz_node_inode(e->to) : NULL,
		.config = strncmp(path, "/etc", 4) == 0 && (!path[4] || path[4] == '/'),
	};

	if (!n->parent || vz_merging_is_settled(w->g, path))
		return 0;
	if (!vz_node_is_dir(n))
		return merge_file(&f, w->err);
	merge_dir(&f);
	return 0;
}

int vz_merge_files(struct vz_merging *g, struct vz_err *err)
{
	struct walk w = { g, err };

	return vz_node_walk(g->survey.tree->root, visit, &w);
}
