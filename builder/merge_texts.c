/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/content.h"
#include "builder/merging.h"

void vz_merging_texts_release(struct vz_merging_texts *t)
{
	vz_buf_release(&t->base);
	vz_buf_release(&t->theirs);
	vz_buf_release(&t->new);
}

static bool is_file(const struct vz_node *n)
{
	return n && vz_node_is_file(vz_node_inode(n));
}

static int read_all(struct vz_merging *g, struct vz_merging_texts *t, struct vz_err *err)
{
	const struct vz_survey_entry *e = t->entry;
	const struct vz_store *s = g->m->store;

	if ((e->from && vz_content_get(s, e->from, &t->base, err) < 0) || vz_content_get(s, e->to, &t->new, err) < 0 ||
	    vz_survey_content(&g->survey, s, e, &t->theirs, err) < 0)
		return -1;
	return 1;
}

int vz_merging_texts_read(struct vz_merging *g, const char *path, struct vz_merging_texts *ret, struct vz_err *err)
{
	struct vz_survey_place p;
	const struct vz_survey_entry *e;

	vz_survey_place(&g->survey, path, &p);
	ret->entry = e = p.entry;
	if (!is_file(p.to) || (p.from && (!is_file(p.from) || vz_node_same_content(p.from, p.to))))
		return 0;
	if (!e && !p.blocked) {
		vz_merging_guard(g, path);
		return 0;
	}
	if (e && !p.blocked && vz_node_is_file(e->node) && !e->whiteout && e->seen.size <= VZ_SURVEY_MAX)
		return read_all(g, ret, err);
	if (p.blocked)
		vz_upper_conflict(g->plan, path, "not merged: a directory on the way is something else here");
	else if (e->whiteout)
		vz_upper_conflict(g->plan, path, "removed here, changed in the new composition");
	else if (!vz_node_is_file(e->node))
		vz_upper_conflict(g->plan, path, "not a regular file here, and stays as it is");
	else
		vz_upper_conflict(g->plan, path, "larger than %u MiB here, and stays as it is", VZ_SURVEY_MAX >> 20);
	vz_merging_settle(g, path);
	return 0;
}

static bool same_text(const struct vz_buf *a, const struct vz_buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

void vz_merging_texts_put(struct vz_merging *g, const char *path, const struct vz_merging_texts *have,
			  const struct vz_buf *text)
{
	const struct vz_survey_entry *e = have->entry;
	const struct vz_node *new = vz_node_inode(e->to);
	struct vz_node *n;
	auto_tree struct vz_tree *t = vz_merging_attributes(e->from ? e->from : new, e->node, new, &n);

	if (same_text(text, &have->new) && vz_node_same_attributes(n, new)) {
		vz_merging_follow(g, VZ_UPPER_TAKEN, path);
	} else if (!same_text(text, &have->theirs) || !vz_node_same_attributes(n, e->node) || e->metacopy) {
		if (n->mtime < new->mtime)
			n->mtime = new->mtime;
		vz_node_set_content(n, text->data, text->len);
		vz_merging_put(g, VZ_UPPER_MERGED, path, n);
	}
	vz_merging_settle(g, path);
}
