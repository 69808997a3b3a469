/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/presence.h"

#include "builder/package_file.h"

void vz_presence_release(struct vz_presence *p)
{
	for (size_t i = 0; i < p->list.n; i++)
		vz_record_free(p->records[i]);
	free(p->records);
	free(p->list.v);
	*p = (struct vz_presence){0};
}

int vz_presence_add(struct vz_presence *p, const struct vz_store *s, const struct vz_plan_package *package,
		    enum vz_present_how how, struct vz_err *err)
{
	const struct vz_record_member *card;
	struct vz_record *r = vz_record_read(s, package->digest, err);

	if (!r)
		return vz_err_wrap(err, "package '%s'", package->name);
	p->records = vz_realloc(p->records, p->list.n + 1, sizeof *p->records);
	p->records[p->list.n] = r;
	vz_grow(p->list.v, p->list.n, p->list.cap);
	card = vz_package_card(r);
	p->list.v[p->list.n++] = (struct vz_present){ *package, how, card ? card->data : "", card ? card->len : 0 };
	return 0;
}

int vz_presence_add_plan(struct vz_presence *p, const struct vz_store *s, const struct vz_plan *plan, enum vz_present_how how,
			 struct vz_err *err)
{
	for (size_t i = 0; i < plan->n_packages; i++)
		if (vz_presence_add(p, s, &plan->packages[i], how, err) < 0)
			return -1;
	return 0;
}
