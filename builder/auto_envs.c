/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/proc.h"
#include "builder/auto_run.h"
#include "link/settings.h"

/* The least of what the recipes of its template and applications say is what counts. */
static bool all_apply(const struct vz_auto_run *r, const struct vz_composition *c)
{
	bool all = vz_table_has(&r->apply, c->template_name);

	for (size_t i = 0; all && i < c->apps.n; i++) {
		auto_free char *name = vz_strndup(c->apps.v[i], strcspn(c->apps.v[i], "@"));

		all = vz_table_has(&r->apply, name);
	}
	return all;
}

int vz_auto_follows(const struct vz_auto_run *r, const char *env, struct vz_env *ret, struct vz_err *err)
{
	auto_settings struct vz_settings set = {0};
	auto_env struct vz_env e = {0};

	if (vz_env_read(r->store, env, &e, err) < 0 || vz_settings_read(r->store, env, &set, err) < 0)
		return -1;
	if (set.stay || !all_apply(r, &e.shows))
		return 0;
	*ret = e;
	e = (struct vz_env){0};
	return 1;
}

/* ---- groups ---- */

static void add_list(const char *what, const struct vz_texts *t, struct vz_buf *ret)
{
	for (size_t i = 0; i < t->n; i++)
		vz_buf_printf(ret, "\n%s %s", what, t->v[i]);
}

static char *key_of(const struct vz_composition_request *r)
{
	struct vz_buf key = {0};

	vz_buf_puts(&key, r->template);
	add_list("app", &r->apps, &key);
	add_list("package", &r->packages, &key);
	add_list("file", &r->files, &key);
	return vz_buf_steal(&key);
}

/* Its template and applications as they are now, its packages as the repositories have them. */
static void add_env(struct vz_auto_run *r, const struct vz_env *e)
{
	struct vz_auto_group *g = vz_new(struct vz_auto_group), *there;
	auto_free char *key = NULL;

	vz_composition_request_of(&e->shows, &g->request);
	for (size_t i = 0; i < g->request.apps.n; i++)
		g->request.apps.v[i][strcspn(g->request.apps.v[i], "@")] = 0;
	g->request.template = g->template = vz_strdup(e->shows.template_name);
	g->request.fresh = true;
	key = key_of(&g->request);
	there = vz_table_get(&r->groups, key);
	if (there) {
		vz_composition_request_release(&g->request);
		free(g->template);
		free(g);
	} else {
		vz_table_put(&r->groups, key, g);
		there = g;
	}
	vz_texts_add(&there->envs, e->name);
}

void vz_auto_groups_release(struct vz_table *groups)
{
	for (size_t i = 0; i < groups->n; i++) {
		struct vz_auto_group *g = groups->items[i].value;

		vz_composition_request_release(&g->request);
		vz_composition_release(&g->to);
		vz_checks_release(&g->checks);
		vz_texts_release(&g->envs);
		free(g->template);
		free(g);
	}
	vz_table_release(groups);
}

int vz_auto_find_groups(struct vz_auto_run *r, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_env_names(r->store, &n, err);

	if (!names)
		return -1;
	for (size_t i = 0; i < n; i++) {
		auto_env struct vz_env e = {0};
		struct vz_err why = {0};
		int follows = vz_auto_follows(r, names[i], &e, &why);

		if (follows < 0)
			vz_auto_fail(r, false, names[i], &why);
		else if (follows)
			add_env(r, &e);
		else
			vz_auto_tell(r, &(struct vz_auto_event){ .name = vz_strdup(names[i]), .state = VZ_AUTO_LEFT });
	}
	vz_names_free(names, n);
	return 0;
}

/* ---- withdrawing ---- */

int vz_auto_withdraw_envs(struct vz_auto_run *r, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_env_names(r->store, &n, err);
	int rc = names ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct vz_auto_event event = {0};
		auto_env struct vz_env e = {0};
		struct vz_err why = {0};

		if (vz_auto_follows(r, names[i], &e, &why) <= 0)
			continue;
		if (vz_trial_withdraw(r->store, r->o->dry_run ? NULL : r->mover, names[i], &event, &why) == 0 && event.state != VZ_AUTO_SAME)
			vz_auto_tell(r, &event);
		vz_auto_event_release(&event);
		rc = vz_interrupted(err);
	}
	vz_names_free(names, names ? n : 0);
	return rc;
}
