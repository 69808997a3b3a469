/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan as a value; its format is in plan.c. */
#include <stdlib.h>
#include <string.h>

#include "resolver/plan.h"
#include "resolver/release.h"

void vz_plan_free(struct vz_plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_repos; i++) {
		free(p->repos[i].id);
		free(p->repos[i].type);
		free(p->repos[i].suite);
		free(p->repos[i].index_sha256);
	}
	for (size_t i = 0; i < p->n_packages; i++) {
		struct vz_plan_package *k = &p->packages[i];

		free(k->name);
		free(k->version);
		free(k->arch);
		free(k->repo);
		free(k->location);
		free(k->digest);
	}
	vz_ids_release(&p->ids);
	free(p->repos);
	free(p->packages);
	free(p->name);
	free(p->kind);
	free(p->arch);
	free(p->family);
	free(p);
}

bool vz_plan_is_security(const struct vz_plan *p, const struct vz_plan_package *package)
{
	for (size_t i = 0; i < p->n_repos; i++)
		if (strcmp(p->repos[i].id, package->repo) == 0)
			return p->repos[i].suite && vz_suite_is_security(p->repos[i].suite);
	return false;
}

bool vz_plan_same(const struct vz_plan *a, const struct vz_plan *b)
{
	if (strcmp(a->arch, b->arch) != 0 || strcmp(a->family, b->family) != 0 || a->n_packages != b->n_packages)
		return false;
	for (size_t i = 0; i < a->n_packages; i++) {
		const struct vz_plan_package *x = &a->packages[i], *y = &b->packages[i];

		if (strcmp(x->name, y->name) != 0 || strcmp(x->version, y->version) != 0 || strcmp(x->arch, y->arch) != 0 ||
		    strcmp(x->digest, y->digest) != 0 || x->flags != y->flags)
			return false;
	}
	return true;
}
