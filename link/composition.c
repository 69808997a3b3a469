/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/composition.h"

#include <string.h>

#include "store/plans.h"

void vz_composition_release(struct vz_composition *c)
{
	free(c->template_name);
	vz_texts_release(&c->apps);
	vz_texts_release(&c->packages);
	vz_texts_release(&c->files);
	*c = (struct vz_composition){0};
}

void vz_composition_copy(const struct vz_composition *from, struct vz_composition *ret)
{
	*ret = (struct vz_composition){
		.template_name = vz_strdup(from->template_name), .template_version = from->template_version,
		.image = from->image, .plan = from->plan,
	};
	vz_texts_copy(&from->apps, &ret->apps);
	vz_texts_copy(&from->packages, &ret->packages);
	vz_texts_copy(&from->files, &ret->files);
}

bool vz_composition_same(const struct vz_composition *a, const struct vz_composition *b)
{
	return strcmp(a->template_name, b->template_name) == 0 && a->template_version == b->template_version &&
	       vz_digest_cmp(&a->image, &b->image) == 0 && vz_digest_cmp(&a->plan, &b->plan) == 0 &&
	       vz_texts_same(&a->apps, &b->apps) && vz_texts_same(&a->packages, &b->packages) &&
	       vz_texts_same(&a->files, &b->files);
}

int vz_composition_of(struct vz_store *s, const struct vz_manifest *m, struct vz_composition *ret, struct vz_err *err)
{
	struct vz_digest plan;

	if (vz_plans_put(s, m->lock, strlen(m->lock), &plan, err) < 0)
		return vz_err_wrap(err, "the lock of template '%s'", m->name);
	*ret = (struct vz_composition){
		.template_name = vz_strdup(m->name), .template_version = m->version, .image = m->image, .plan = plan,
	};
	return 0;
}
