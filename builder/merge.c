/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/merge_packages.h"

static int merge_packages(struct vz_merging *g, struct vz_err *err)
{
	static const struct vz_merge_ops *const families[] = { &vz_merge_deb, &vz_merge_rpm };

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i]->family, g->m->family) == 0)
			return families[i]->packages(g, err);
	return vz_err_set(err, VZ_FAILED, "packages of family '%s' cannot be merged", g->m->family);
}

static int plan(struct vz_merging *g, struct vz_err *err)
{
	if (vz_survey_read(&g->survey, err) < 0 || merge_packages(g, err) < 0 || vz_merge_records(g, err) < 0 || vz_merge_made(g, err) < 0 ||
	    vz_merge_files(g, err) < 0)
		return -1;
	vz_merging_finish(g);
	return 0;
}

int vz_merge_plan(const struct vz_merge *m, struct vz_upper_plan *ret, struct vz_merge_again *ret_again,
		  struct vz_ids *ret_ids, struct vz_err *err)
{
	struct vz_merging g = {
		.m = m, .plan = ret, .again = ret_again, .ids = ret_ids,
		.survey = { .upper_fd = m->upper_fd, .layer = m->layer, .from = m->from, .to = m->to },
	};
	int rc = plan(&g, err);

	vz_table_release(&g.settled);
	vz_survey_release(&g.survey);
	return rc;
}
