/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/merging.h"
#include "builder/records.h"

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
	for (const struct vz_record_file *f = vz_record_files; f->path; f++)
		if (merge_record_file(g, f, err) < 0)
			return -1;
	return 0;
}
