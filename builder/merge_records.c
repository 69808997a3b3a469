/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/content.h"
#include "builder/merging.h"
#include "builder/records.h"

static int refuse(const char *path, const struct vz_records_clash *c, struct vz_err *err)
{
	vz_err_set(err, VZ_EXISTS, "'%s' of the new composition has the id %s in '%s', which '%s' has here", c->name, c->id, path,
		   c->other);
	return vz_err_hint(err, "the composition has to be built with another id for '%s'", c->name);
}

static bool same_text(const struct vz_buf *a, const struct vz_buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

struct texts {
	struct vz_buf base, theirs, new;
};

static void texts_release(struct texts *t)
{
	vz_buf_release(&t->base);
	vz_buf_release(&t->theirs);
	vz_buf_release(&t->new);
}

/* The merged text takes the place of the tenant's, unless one of the others is the same. */
static void put_text(struct vz_merging *g, const char *path, const struct vz_survey_entry *e, const struct texts *have,
		     const struct vz_buf *text)
{
	const struct vz_node *new = vz_node_inode(e->to);
	struct vz_node *n;
	auto_tree struct vz_tree *t = vz_merging_attributes(e->from ? e->from : new, e->node, new, &n);

	if (same_text(text, &have->new) && vz_node_same_attributes(n, new)) {
		vz_merging_follow(g, VZ_UPPER_TAKEN, path);
		return;
	}
	if (same_text(text, &have->theirs) && vz_node_same_attributes(n, e->node) && !e->metacopy)
		return;
	if (n->mtime < new->mtime)
		n->mtime = new->mtime;
	vz_node_set_content(n, text->data, text->len);
	vz_merging_put(g, VZ_UPPER_MERGED, path, n);
}

static int merge_text(struct vz_merging *g, const struct vz_record_file *file, const struct vz_survey_entry *e,
		      struct vz_err *err)
{
	__attribute__((cleanup(texts_release))) struct texts t = {0};
	auto_records struct vz_records r = { .rule = &file->rule, .base = &t.base, .theirs = &t.theirs, .new = &t.new };
	const struct vz_store *s = g->m->store;
	struct vz_err why = {0};

	if ((e->from && vz_content_get(s, e->from, &t.base, err) < 0) || vz_content_get(s, e->to, &t.new, err) < 0 ||
	    vz_survey_content(&g->survey, s, e, &t.theirs, err) < 0)
		return -1;
	if (vz_records_merge(&r, &why) < 0) {
		vz_upper_conflict(g->plan, file->path, "%s, and stays as it is here", why.msg);
		return 0;
	}
	for (size_t i = 0; i < r.n_clashes; i++) {
		if (!file->rule.range)
			return refuse(file->path, &r.clashes[i], err);
		vz_upper_conflict(g->plan, file->path, "'%s' of the new composition is left out: '%s' has a part of its range here",
				  r.clashes[i].name, r.clashes[i].other);
	}
	put_text(g, file->path, e, &t, &r.text);
	return 0;
}

static bool is_file(const struct vz_node *n)
{
	return n && vz_node_is_file(vz_node_inode(n));
}

/* Only what is a regular file on all sides is merged, and only if the composition's has changed. */
static int merge_record_file(struct vz_merging *g, const struct vz_record_file *file, struct vz_err *err)
{
	struct vz_survey_place p;
	const struct vz_survey_entry *e;

	vz_survey_place(&g->survey, file->path, &p);
	e = p.entry;
	if (!is_file(p.to) || (p.from && (!is_file(p.from) || vz_node_same_content(p.from, p.to))))
		return 0;
	if (p.blocked)
		vz_upper_conflict(g->plan, file->path, "not merged: a directory on the way is something else here");
	else if (!e)
		vz_merging_guard(g, file->path);
	else if (e->whiteout)
		vz_upper_conflict(g->plan, file->path, "removed here, changed in the new composition");
	else if (!vz_node_is_file(e->node))
		vz_upper_conflict(g->plan, file->path, "not a regular file here, and stays as it is");
	else if (e->seen.size > VZ_SURVEY_MAX)
		vz_upper_conflict(g->plan, file->path, "larger than %u MiB here, and stays as it is", VZ_SURVEY_MAX >> 20);
	else if (merge_text(g, file, e, err) < 0)
		return -1;
	vz_merging_settle(g, file->path);
	return 0;
}

int vz_merge_records(struct vz_merging *g, struct vz_err *err)
{
	for (const struct vz_record_file *f = vz_record_files; f->path; f++)
		if (merge_record_file(g, f, err) < 0)
			return -1;
	return 0;
}
