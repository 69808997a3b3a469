/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/roots.h"

#include <string.h>
#include <time.h>

#include "base/usage.h"
#include "resolver/plan.h"
#include "resolver/recipe.h"
#include "store/pending.h"
#include "store/plans.h"
#include "store/reference.h"

#define PENDING_SECONDS (60 * 24 * 3600) /* how long what was fetched waits */

void vz_roots_release(struct vz_roots *r)
{
	for (size_t i = 0; i < r->n_versions; i++)
		free(r->versions[i].template);
	for (size_t i = 0; i < r->n_envs; i++) {
		free(r->envs[i].name);
		free(r->envs[i].surplus);
	}
	free(r->versions);
	free(r->envs);
	vz_texts_release(&r->outdated);
	vz_live_release(&r->live);
	*r = (struct vz_roots){0};
}

/* ---- environments ---- */

static int read_env(const struct vz_store *s, struct vz_roots *r, uint32_t holder, struct vz_root_env *e, struct vz_err *err)
{
	auto_free char *dir = vz_printf("envs/%s", e->name);
	struct vz_err unread;

	/* one that cannot be read is told of by what follows */
	e->surplus = vz_env_surplus(s, e->name, VZ_ENV_KEEP, &e->n_surplus, &unread);
	vz_env_add_roots(s, e->name, e->surplus, e->n_surplus, holder, &r->live);
	for (size_t i = 0; i < e->n_surplus; i++) {
		auto_free char *record = vz_printf("%s/generations/%u", dir, e->surplus[i]), *undo = vz_printf("%s.undo", record);

		if (vz_usage(vz_store_fd(s), record, &e->surplus_bytes, err) < 0 ||
		    vz_usage(vz_store_fd(s), undo, &e->surplus_bytes, err) < 0)
			return -1;
	}
	return vz_usage(vz_store_fd(s), dir, &e->bytes, err) < 0 ? vz_err_wrap(err, "environment '%s'", e->name) : 0;
}

static int read_envs(const struct vz_store *s, struct vz_roots *r, struct vz_err *err)
{
	size_t n;
	char **names = vz_env_names(s, &n, err);
	int rc = names ? 0 : -1;

	if (!names)
		return -1;
	r->envs = vz_alloc((n + 1) * sizeof *r->envs);
	for (; rc == 0 && r->n_envs < n; r->n_envs++) {
		r->envs[r->n_envs].name = steal(&names[r->n_envs]);
		rc = read_env(s, r, VZ_LIVE_ENV + (uint32_t)r->n_envs, &r->envs[r->n_envs], err);
	}
	vz_names_free(names, n);
	return rc;
}

/* ---- templates ---- */

static struct vz_root_version *add_version(const struct vz_store *s, struct vz_roots *r, const char *template, unsigned version)
{
	auto_free char *dir = vz_printf("templates/%s/%u", template, version);
	struct vz_root_version *v;
	struct vz_err unused;

	vz_grow(r->versions, r->n_versions, r->cap_versions);
	v = &r->versions[r->n_versions++];
	*v = (struct vz_root_version){ .template = vz_strdup(template), .version = version };
	vz_usage(vz_store_fd(s), dir, &v->bytes, &unused);
	return v;
}

/* How many versions stay; all, where that is not known. */
static unsigned read_keep(struct vz_roots *r, const struct vz_manifest *newest)
{
	struct vz_err err;
	unsigned keep;

	if (vz_recipe_keep(newest->recipe, strlen(newest->recipe), newest->name, &keep, &err) == 0)
		return keep;
	vz_live_add_unknown(&r->live, &err);
	return ~0u;
}

/* The versions of one template, the newest first, as the newest says how many stay; references to others are followed later. */
static int read_template(const struct vz_store *s, struct vz_roots *r, const char *name, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, err);
	unsigned current = 0, keep = ~0u;
	bool keep_is_known = false, damaged;

	if (!all)
		return -1;
	damaged = vz_reference_find(s, name, VZ_REFERENCE_CURRENT, &current, err) < 0;
	if (damaged)
		vz_live_add_unknown(&r->live, err);
	for (size_t i = 0; i < n; i++) {
		unsigned number = all[n - 1 - i];
		struct vz_root_version *v = add_version(s, r, name, number);
		auto_free char *ref = vz_printf("%s@%u", name, number);
		auto_manifest struct vz_manifest m = {0};

		if (vz_manifest_read(s, ref, &m, err) < 0) {
			vz_live_add_unknown(&r->live, err);
			v->holder = VZ_LIVE_SHARED;
			continue;
		}
		if (!keep_is_known)
			keep = read_keep(r, &m);
		keep_is_known = true;
		v->image = m.image;
		v->holder = i < keep || number == current || damaged ? VZ_LIVE_SHARED : vz_live_holder(&r->live.versions, ref);
	}
	return 0;
}

static void read_pending(const struct vz_store *s, struct vz_roots *r, const char *name)
{
	auto_buf struct vz_buf plan = {0};
	struct vz_pending pending = {0};
	struct vz_err err;

	if (vz_pending_read(s, name, &pending, &err) < 0 && err.code == VZ_NOTFOUND)
		return;
	if (pending.since > time(NULL) - PENDING_SECONDS && vz_plans_get(s, &pending.plan, &plan, &err) == 0)
		vz_live_add_plan(&r->live, &pending.plan, VZ_LIVE_SHARED);
	else
		vz_texts_add(&r->outdated, name);
}

static int read_templates(const struct vz_store *s, struct vz_roots *r, struct vz_err *err)
{
	size_t n;
	char **names = vz_manifest_all_names(s, &n, err);
	int rc = names ? 0 : -1;

	for (size_t i = 0; rc == 0 && names && i < n; i++)
		rc = read_template(s, r, names[i], err);
	for (size_t i = 0; rc == 0 && names && i < n; i++)
		read_pending(s, r, names[i]);
	vz_names_free(names, names ? n : 0);
	return rc;
}

/* ---- what they refer to ---- */

static void add_packages(struct vz_live *l, const char *lock, const char *what, uint32_t holder)
{
	struct vz_err err;
	auto_plan struct vz_plan *plan = vz_plan_read(lock, strlen(lock), what, &err);

	if (!plan)
		vz_live_add_unknown(l, &err);
	for (size_t i = 0; plan && i < plan->n_packages; i++)
		vz_live_add_record(l, plan->packages[i].digest, holder);
}

/* What version `v`, which stays, refers to. True if others may stay by that. */
static bool follow_version(const struct vz_store *s, struct vz_roots *r, const struct vz_root_version *v)
{
	auto_free char *ref = vz_printf("%s@%u", v->template, v->version);
	auto_manifest struct vz_manifest m = {0};
	struct vz_err err;

	/* one that cannot be read has been told of */
	if (vz_manifest_read(s, ref, &m, &err) < 0)
		return false;
	vz_live_add_image(&r->live, &m.image, v->holder);
	add_packages(&r->live, m.lock, ref, v->holder);
	return m.parent && vz_live_add_version(&r->live, m.parent, v->holder);
}

/* A version that stays keeps its parent, and so on; each is followed again if its holder changes. */
static void follow_versions(const struct vz_store *s, struct vz_roots *r)
{
	auto_free uint32_t *followed = vz_alloc((r->n_versions + 1) * sizeof *followed);
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < r->n_versions; i++) {
			struct vz_root_version *v = &r->versions[i];
			auto_free char *ref = vz_printf("%s@%u", v->template, v->version);

			v->holder = vz_live_join(v->holder, vz_live_holder(&r->live.versions, ref));
			if (v->holder != followed[i] && follow_version(s, r, v))
				more = true;
			followed[i] = v->holder;
		}
	}
}

static void follow_plans(const struct vz_store *s, struct vz_live *l)
{
	for (size_t i = 0; i < l->plans.n_slots; i++) {
		const struct vz_digests_slot *plan = &l->plans.slots[i];
		auto_buf struct vz_buf text = {0};
		struct vz_err err;

		if (!plan->number)
			continue;
		if (vz_plans_get(s, &plan->digest, &text, &err) < 0)
			vz_live_add_unknown(l, &err);
		else
			add_packages(l, text.data, "plan", plan->number);
	}
}

int vz_roots_read(const struct vz_store *s, struct vz_roots *ret, struct vz_err *err)
{
	auto_roots struct vz_roots r = {0};

	if (read_envs(s, &r, err) < 0 || read_templates(s, &r, err) < 0)
		return -1;
	follow_versions(s, &r);
	follow_plans(s, &r.live);
	*ret = r;
	r = (struct vz_roots){0};
	return 0;
}
