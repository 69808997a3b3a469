/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents and images that building made: built again from the lock, which gives the same bytes. */
#include "vzpkg/repair.h"

#include <stdio.h>
#include <string.h>

#include "base/proc.h"
#include "builder/composition.h"
#include "link/env.h"

static bool is_of_building(const struct vz_finding *f)
{
	return f->kind == VZ_FINDING_OBJECT || f->kind == VZ_FINDING_IMAGE;
}

static struct vz_build_options options(const struct vz_repair *r)
{
	return (struct vz_build_options){
		.mirror_dirs = r->cli->mirror_dirs, .offline = r->cli->offline, .network = &r->cli->network, .again = true,
		.report = &r->cli->report,
	};
}

static int compare(const struct vz_digest *got, const struct vz_digest *want, const char *what, struct vz_err *err)
{
	if (!vz_digest_cmp(got, want))
		return 0;
	return vz_err_set(err, VZ_DAMAGED, "%s, built again, is not what it was", what);
}

static int build_template(const struct vz_repair *r, const char *ref, struct vz_err *err)
{
	struct vz_build_options o = options(r);
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *recipe = NULL;
	struct vz_built built = {0};
	int rc;

	if (vz_manifest_read(r->store, ref, &m, err) < 0)
		return -1;
	recipe = vz_recipe_parse(m.recipe, strlen(m.recipe), m.recipe_path ? m.recipe_path : m.name, err);
	if (!recipe)
		return -1;
	o.lock_text = m.lock;
	o.lock_name = "lock";
	rc = vz_build_on(r->store, recipe, NULL, &o, &built, err);
	vz_plan_free(built.plan);
	return rc < 0 ? -1 : compare(&built.image, &m.image, ref, err);
}

static int build_composition(const struct vz_repair *r, const struct vz_composition *c, const char *env, struct vz_err *err)
{
	auto_free char *ref = vz_printf("%s@%u", c->template_name, c->template_version);
	struct vz_build_options o = options(r);
	auto_manifest struct vz_manifest m = {0};
	struct vz_digest image;

	if (vz_manifest_read(r->store, ref, &m, err) < 0)
		return -1;
	/* the template itself is a user of its own */
	if (!vz_digest_cmp(&m.image, &c->image))
		return 0;
	return vz_composition_again(r->store, c, &o, &image, err) < 0 ? -1 : compare(&image, &c->image, env, err);
}

static int build_env(const struct vz_repair *r, const char *name, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(r->store, name, &n, err);
	int rc = list ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		auto_env struct vz_env e = {0};

		rc = vz_env_generation(r->store, name, list[i], &e, err);
		if (rc == 0)
			rc = build_composition(r, &e.shows, name, err);
	}
	return rc;
}

/* Builds for one user of a bad thing; whatever else is mended by that is seen at the end. */
static void build_for(const struct vz_repair *r, struct vz_finding *f, const char *user)
{
	struct vz_err err;
	int rc = 0;

	if (!strncmp(user, VZ_USER_TEMPLATE, strlen(VZ_USER_TEMPLATE)))
		rc = build_template(r, user + strlen(VZ_USER_TEMPLATE), &err);
	else if (!strncmp(user, VZ_USER_ENV, strlen(VZ_USER_ENV)))
		rc = build_env(r, user + strlen(VZ_USER_ENV), &err);
	if (rc < 0)
		vz_repair_failed(f, "%s", err.msg);
	if (!vz_repair_is_bad(r, f))
		vz_repair_done(f, "built again for %s", user);
}

/* Nothing is built twice, however many things are bad. */
static bool is_first(struct vz_texts *done, const char *user)
{
	if (vz_texts_has(done, user))
		return false;
	vz_texts_add(done, user);
	return true;
}

int vz_repair_rebuild(const struct vz_repair *r, struct vz_err *err)
{
	auto_texts struct vz_texts done = {0};

	for (size_t i = 0; i < r->findings->n; i++) {
		struct vz_finding *f = &r->findings->v[i];

		if (!is_of_building(f) || !vz_repair_is_bad(r, f))
			continue;
		for (size_t k = f->users.n; k-- && vz_repair_is_bad(r, f);) {
			if (vz_interrupted(err) < 0)
				return -1;
			if (is_first(&done, f->users.v[k]))
				build_for(r, f, f->users.v[k]);
		}
	}
	return 0;
}
