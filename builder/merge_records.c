/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/content.h"
#include "builder/ids.h"
#include "builder/merging.h"
#include "builder/records.h"

/* ---- ids ---- */

/* Adds those that are seen here before the move. */
static int ids_here(struct vz_merging *g, enum vz_id_kind kind, const char *path, struct vz_ids *ret,
		    struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	struct vz_survey_place p;
	const struct vz_node *shows;
	int rc = 0;

	vz_survey_place(&g->survey, path, &p);
	shows = vz_survey_before(&p.under);
	if (p.entry && vz_node_is_file(p.entry->node) && !p.entry->whiteout && p.entry->seen.size <= VZ_SURVEY_MAX)
		rc = vz_survey_content(&g->survey, g->m->store, p.entry, &text, err);
	else if (!p.entry && shows && vz_node_is_file(vz_node_inode(shows)))
		rc = vz_content_get(g->m->store, shows, &text, err);
	if (rc == 0 && text.len)
		vz_ids_of_text(kind, text.data, text.len, ret);
	return rc;
}

/* Where the compositions agree nothing changes, whatever the tenant made of it. */
static void leave_what_stays(const struct vz_ids *old, const struct vz_ids *new, struct vz_ids *here)
{
	for (size_t i = 0; i < new->n; i++) {
		const struct vz_id *v = &new->v[i];
		uint32_t id;

		if (vz_ids_get(old, v->kind, v->name, &id) && id == v->id)
			vz_ids_put(here, v->kind, v->name, id);
	}
}

static int check_ids(struct vz_merging *g, struct vz_err *err)
{
	auto_ids struct vz_ids here = {0}, new = {0}, old = {0};
	const struct vz_id *first;
	uint32_t id;

	if (ids_here(g, VZ_ID_USER, "/etc/passwd", &here, err) < 0 ||
	    ids_here(g, VZ_ID_GROUP, "/etc/group", &here, err) < 0 ||
	    vz_ids_of_tree(g->m->store, g->m->from, &old, err) < 0 || vz_ids_of_tree(g->m->store, g->m->to, &new, err) < 0)
		return -1;
	leave_what_stays(&old, &new, &here);
	vz_ids_choose(&here, &new, g->m->to, g->ids);
	if (!g->ids->n)
		return 0;
	first = &g->ids->v[0];
	vz_ids_get(&new, first->kind, first->name, &id);
	return vz_err_set(err, VZ_EXISTS, "the %s '%s' has the id %u in the new composition, but has to have %u here",
			  first->kind == VZ_ID_USER ? "user" : "group", first->name, id, first->id);
}

/* ---- texts ---- */

static int refuse(const char *path, const struct vz_records_clash *c, struct vz_err *err)
{
	vz_err_set(err, VZ_EXISTS, "'%s' of the new composition has the id %s in '%s', which '%s' has here", c->name, c->id, path,
		   c->other);
	return vz_err_hint(err, "the composition has to be built with another id for '%s'", c->name);
}

static int merge_record_file(struct vz_merging *g, const struct vz_record_file *file, struct vz_err *err)
{
	auto_merging_texts struct vz_merging_texts t = {0};
	auto_records struct vz_records r = { .rule = &file->rule, .base = &t.base, .theirs = &t.theirs, .new = &t.new };
	int rc = vz_merging_texts_read(g, file->path, &t, err);
	struct vz_err why = {0};

	if (rc <= 0)
		return rc;
	if (vz_records_merge(&r, &why) < 0) {
		vz_upper_conflict(g->plan, file->path, "%s, and stays as it is here", why.msg);
		vz_merging_settle(g, file->path);
		return 0;
	}
	for (size_t i = 0; i < r.n_clashes; i++) {
		if (!file->rule.range)
			return refuse(file->path, &r.clashes[i], err);
		vz_upper_conflict(g->plan, file->path, "'%s' of the new composition is left out: '%s' has a part of its range here",
				  r.clashes[i].name, r.clashes[i].other);
	}
	vz_merging_texts_put(g, file->path, &t, &r.text);
	return 0;
}

int vz_merge_records(struct vz_merging *g, struct vz_err *err)
{
	if (check_ids(g, err) < 0)
		return -1;
	for (const struct vz_record_file *f = vz_record_files; f->path; f++)
		if (merge_record_file(g, f, err) < 0)
			return -1;
	return 0;
}
