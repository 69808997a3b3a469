/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/plan_change.h"

#include <stdlib.h>
#include <string.h>

void vz_plan_changes_release(struct vz_plan_changes *c)
{
	free(c->v);
	*c = (struct vz_plan_changes){0};
}

static int by_name(const struct vz_plan_package *a, const struct vz_plan_package *b)
{
	int r = strcmp(a->name, b->name);

	return r ? r : strcmp(a->arch, b->arch);
}

static int in_order(const void *a, const void *b)
{
	return by_name(*(const struct vz_plan_package *const *)a, *(const struct vz_plan_package *const *)b);
}

static const struct vz_plan_package **sorted(const struct vz_plan *p)
{
	const struct vz_plan_package **v = vz_alloc((p->n_packages + 1) * sizeof *v);

	for (size_t i = 0; i < p->n_packages; i++)
		v[i] = &p->packages[i];
	qsort(v, p->n_packages, sizeof *v, in_order);
	return v;
}

void vz_plan_compare(const struct vz_plan *before, const struct vz_plan *now, struct vz_plan_changes *ret)
{
	auto_free const struct vz_plan_package **a = sorted(before), **b = sorted(now);
	size_t i = 0, k = 0;

	while (i < before->n_packages || k < now->n_packages) {
		const bool more = i < before->n_packages, more_now = k < now->n_packages;
		const int order = more && more_now ? by_name(a[i], b[k]) : more ? -1 : 1;

		if (order != 0 || strcmp(a[i]->digest, b[k]->digest) != 0) {
			vz_grow(ret->v, ret->n, ret->cap);
			ret->v[ret->n++] = (struct vz_plan_change){ order <= 0 ? a[i] : NULL, order >= 0 ? b[k] : NULL };
		}
		i += order <= 0;
		k += order >= 0;
	}
}
