/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/merge_packages.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool vz_merge_package_is_theirs(struct vz_merging *g, const char *path, const struct vz_merge_package *p)
{
	if (same(p->theirs, p->base) || same(p->theirs, p->new))
		return false;
	if (same(p->base, p->new))
		return true;
	if (!p->theirs)
		vz_upper_conflict(g->plan, path, "package '%s' was removed here, and stays away; the new composition has %s", p->name,
				  p->new);
	else if (!p->new)
		vz_upper_conflict(g->plan, path, "package '%s' is %s here, and stays; the new composition no longer has it", p->name,
				  p->theirs);
	else
		vz_upper_conflict(g->plan, path, "package '%s' is %s here, and stays; the new composition has %s", p->name, p->theirs,
				  p->new);
	return true;
}

/* Where a package's path is, as far as a composition can say. NULL: neither has it, so it is the tenant's alone. */
static char *place_of(const struct vz_merging *g, const char *path)
{
	const struct vz_node *n = vz_tree_lookup(g->m->from, path, false);

	if (!n)
		n = vz_tree_lookup(g->m->to, path, false);
	return n ? vz_node_path(n) : NULL;
}

static void pin_path(struct vz_merging *g, const char *path)
{
	struct vz_survey_place p;
	const struct vz_node *before, *after;

	vz_survey_place(&g->survey, path, &p);
	before = vz_survey_before(&p.under);
	after = vz_survey_after(&p.under);
	if (vz_merging_is_settled(g, path) || p.blocked || (p.entry && vz_node_is_dir(p.entry->node)))
		return;
	/* what is in a directory may be others' */
	if (!p.entry && ((before && vz_node_is_dir(before)) || (!before && after && vz_node_is_dir(after)))) {
		if (before && !(after && vz_node_is_dir(after)))
			vz_merging_dir(g, VZ_UPPER_KEPT, path, before);
		return;
	}
	vz_merging_pin(g, path);
	/* and nobody merges it as a file of its own */
	vz_merging_settle(g, path);
}

void vz_merge_pin_files(struct vz_merging *g, const struct vz_texts *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		auto_free char *path = place_of(g, paths->v[i]);

		if (path)
			pin_path(g, path);
	}
}
