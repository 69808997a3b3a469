/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run would do, told and not done. */
#include <stdlib.h>
#include <string.h>

#include "base/proc.h"
#include "builder/auto_run.h"
#include "store/plans.h"
#include "store/verdict.h"

/* Where a group would go. */
struct forecast {
	struct vz_auto_group *group;
	const char *coming;          /* "NAME@VERSION" of a template that would be current first; NULL: nothing is new there */
	struct vz_plan *plan;        /* what it asks for, resolved; NULL where the template alone says it */
};

static void forecast_release(struct forecast *f)
{
	vz_plan_free(f->plan);
}

void vz_auto_foretell(struct vz_auto_run *r, const char *template, unsigned version)
{
	free(vz_table_get(&r->coming, template));
	vz_table_put(&r->coming, template, vz_printf("%s@%u", template, version));
}

/* A version that is to be built, or to be current again, moves all that are made of it. */
static const char *find_coming(const struct vz_auto_run *r, const struct vz_auto_group *g)
{
	const char *ref = vz_table_get(&r->coming, g->template);

	for (size_t i = 0; !ref && i < g->request.apps.n; i++)
		ref = vz_table_get(&r->coming, g->request.apps.v[i]);
	return ref;
}

static bool is_plain(const struct vz_auto_group *g)
{
	return !g->request.apps.n && !g->request.packages.n && !g->request.files.n;
}

/* As vz_composition_make(), which would keep the lock as a plan. */
static int read_template(struct vz_auto_run *r, struct vz_auto_group *g, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};

	if (vz_manifest_read(r->store, g->template, &m, err) < 0)
		return -1;
	g->to.template_name = vz_strdup(m.name);
	g->to.template_version = m.version;
	g->to.image = m.image;
	return 0;
}

static int look(struct vz_auto_run *r, struct forecast *f, struct vz_err *err)
{
	const struct vz_build_options o = {
		.mirror_dirs = r->o->mirror_dirs, .offline = r->o->offline, .network = r->o->network, .dry_run = true,
		.report = r->o->report,
	};
	struct vz_auto_group *g = f->group;

	f->coming = find_coming(r, g);
	if (f->coming)
		return 0;
	if ((is_plain(g) ? read_template(r, g, err) : vz_composition_make(r->store, &g->request, &o, &g->to, &f->plan, err)) < 0)
		return -1;
	return vz_checks_of(r->store, &g->to, &g->checks, err);
}

static bool shows_plan(const struct vz_auto_run *r, const struct vz_env *e, const struct vz_plan *plan)
{
	auto_buf struct vz_buf text = {0};
	auto_plan struct vz_plan *shown = NULL;
	struct vz_err ignored;

	if (vz_plans_get(r->store, &e->shows.plan, &text, &ignored) < 0)
		return false;
	shown = vz_plan_read(text.data, text.len, "plan", &ignored);
	return shown && vz_plan_same(shown, plan);
}

static bool stays(const struct vz_auto_run *r, const struct forecast *f, const struct vz_env *e)
{
	const struct vz_composition *to = &f->group->to;

	if (f->coming || e->shows.template_version != to->template_version || !vz_texts_same(&e->shows.apps, &to->apps))
		return false;
	return f->plan ? shows_plan(r, e, f->plan) : vz_digest_cmp(&e->shows.image, &to->image) == 0;
}

/* Keeps of its environments those that would be moved. */
static int drop_the_same(struct vz_auto_run *r, const struct forecast *f, struct vz_err *err)
{
	struct vz_texts *envs = &f->group->envs;
	struct vz_texts rest = {0};
	int rc = 0;

	for (size_t i = 0; i < envs->n && rc == 0; i++) {
		auto_env struct vz_env e = {0};

		rc = vz_env_read(r->store, envs->v[i], &e, err);
		if (rc == 0 && stays(r, f, &e))
			r->log->same++;
		else
			vz_texts_add(&rest, envs->v[i]);
	}
	vz_texts_release(envs);
	*envs = rest;
	return rc;
}

static bool is_held(const struct vz_auto_run *r, const struct forecast *f)
{
	const struct vz_auto_group *g = f->group;

	return !f->coming && vz_digest_cmp(&g->to.image, &(struct vz_digest){0}) != 0 &&
	       vz_verdict_applies(r->store, &g->to.image, g->checks.commands.v, g->checks.commands.n);
}

static int tell_one(struct vz_auto_run *r, const struct forecast *f, size_t i, enum vz_auto_state state, struct vz_err *err)
{
	struct vz_auto_event event = { .name = vz_strdup(f->group->envs.v[i]), .state = state };
	size_t n = 0;
	auto_free unsigned *kept = vz_env_generations(r->store, event.name, &n, err);
	auto_env struct vz_env e = {0};

	if (!kept || vz_env_read(r->store, event.name, &e, err) < 0) {
		vz_auto_event_release(&event);
		return -1;
	}
	event.from = e.generation;
	event.to = 1 + (n && kept[n - 1] > e.generation ? kept[n - 1] : e.generation);
	event.words = f->coming ? vz_strdup(f->coming) : vz_printf("%s@%u", f->group->to.template_name, f->group->to.template_version);
	vz_auto_tell(r, &event);
	return 0;
}

static int forecast(struct vz_auto_run *r, struct vz_auto_group *g, struct vz_err *err)
{
	__attribute__((cleanup(forecast_release))) struct forecast f = { .group = g };
	size_t first;

	if (look(r, &f, err) < 0 || drop_the_same(r, &f, err) < 0)
		return -1;
	if (g->envs.n && is_held(r, &f))
		return vz_auto_hold(r, g);
	first = vz_auto_canaries(r, g);
	for (size_t i = 0; i < g->envs.n; i++)
		if (tell_one(r, &f, i, i < first ? VZ_AUTO_TRIED : VZ_AUTO_MOVED, err) < 0)
			return -1;
	return 0;
}

/* Trials that a run left which was cut off. */
static int tell_trials(struct vz_auto_run *r, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};

	if (vz_trial_names(r->store, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		vz_auto_tell(r, &(struct vz_auto_event){ .name = vz_strdup(names.v[i]), .state = VZ_AUTO_TRIED,
				 .words = vz_strdup("what it shows now, as a run before this one was cut off") });
	return 0;
}

int vz_auto_forecast(struct vz_auto_run *r, struct vz_err *err)
{
	if (tell_trials(r, err) < 0 || vz_auto_withdraw_templates(r, err) < 0 || vz_auto_templates(r, err) < 0 ||
	    vz_auto_withdraw_envs(r, err) < 0 || vz_auto_find_groups(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->groups.n; i++) {
		struct vz_auto_group *g = r->groups.items[i].value;
		struct vz_err why = {0};

		if (vz_interrupted(err) < 0)
			return -1;
		if (forecast(r, g, &why) == 0)
			continue;
		if (vz_interrupted(err) < 0)
			return -1;
		for (size_t k = 0; k < g->envs.n; k++)
			vz_auto_fail(r, false, g->envs.v[k], &why);
	}
	return 0;
}
