/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving a group, some at once: each worker is a process with a store and a mover of its own. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crew.h"
#include "base/proc.h"
#include "builder/auto_run.h"
#include "store/verdict.h"

#define LOAD_SECONDS 60

/* Environments of a group that are moved together, and who moves them. */
struct wave {
	struct vz_auto_run *run;
	const struct vz_auto_group *group;
	size_t first, n;             /* of its environments */
	size_t workers;
};

static void wait_for_load(unsigned limit)
{
	double load;

	for (int i = 0; limit && i < LOAD_SECONDS && getloadavg(&load, 1) == 1 && load >= limit; i++)
		sleep(1);
}

/* In a process of its own; gives events, a line each. What one of the others condemns ends the work of all. */
static int work(void *arg, size_t number, struct vz_buf *ret, struct vz_err *err)
{
	const struct wave *w = arg;
	const struct vz_auto_run *r = w->run;
	auto_store struct vz_store *store = vz_store_open(vz_store_path(r->store), VZ_STORE_CHANGE, err);
	auto_mover struct vz_mover *mover = store ? vz_mover_new(store, r->o->report) : NULL;

	if (!mover)
		return -1;
	for (size_t i = w->first + number; i < w->first + w->n; i += w->workers) {
		const struct vz_trial trial = { store, mover, w->group->envs.v[i], &w->group->to, &w->group->checks, "auto-update" };
		struct vz_auto_event event;

		wait_for_load(r->o->load);
		if (vz_verdict_is_bad(store, &w->group->to.image))
			return 0;
		if (vz_interrupted(err) < 0 || vz_trial_run(&trial, &event, err) < 0)
			return -1;
		vz_auto_event_write(&event, ret);
		vz_buf_putc(ret, '\n');
		vz_auto_event_release(&event);
	}
	return 0;
}

static void take_events(struct vz_auto_run *r, const struct vz_crew_member *one)
{
	char *at = one->gave.data, *line;

	while (at && (line = strsep(&at, "\n"))) {
		struct vz_auto_event event;

		if (vz_auto_event_read(line, &event))
			vz_auto_tell(r, &event);
	}
}

/* Moves some of a group. */
static int run_wave(struct vz_auto_run *r, const struct vz_auto_group *g, size_t first, size_t n, struct vz_err *err)
{
	const size_t jobs = r->o->jobs ? r->o->jobs : 2;
	struct wave w = { r, g, first, n, n < jobs ? n : jobs };
	struct vz_crew_member *workers = vz_alloc((w.workers + 1) * sizeof *workers);
	int rc = 0;

	vz_crew_run(work, &w, workers, w.workers);
	for (size_t i = 0; i < w.workers; i++) {
		take_events(r, &workers[i]);
		if (workers[i].rc < 0 && rc == 0) {
			*err = workers[i].err;
			rc = -1;
		}
		vz_buf_release(&workers[i].gave);
	}
	free(workers);
	return rc;
}

/* Those that run are the ones that can tell how they do: they go first. */
static void put_running_first(struct vz_auto_run *r, struct vz_texts *envs)
{
	size_t n = 0;

	for (size_t i = 0; i < envs->n; i++)
		if (vz_env_is_running(r->store, envs->v[i])) {
			char *env = envs->v[i];

			memmove(envs->v + n + 1, envs->v + n, (i - n) * sizeof *envs->v);
			envs->v[n++] = env;
		}
}

size_t vz_auto_canaries(struct vz_auto_run *r, struct vz_auto_group *g)
{
	size_t n = (g->envs.n * (r->o->canary ? r->o->canary : 10) + 99) / 100;

	put_running_first(r, &g->envs);
	return n < g->envs.n ? n : g->envs.n;
}

static bool needs_move(struct vz_auto_run *r, const struct vz_auto_group *g, const char *env)
{
	auto_composition struct vz_composition to = {0};
	auto_env struct vz_env e = {0};
	struct vz_err ignored;

	vz_composition_copy(&g->to, &to);
	/* who cannot be read is moved, and fails */
	if (vz_env_read(r->store, env, &e, &ignored) < 0)
		return true;
	vz_composition_settle(r->store, &e.shows, &to, &ignored);
	return !vz_composition_same(&e.shows, &to);
}

/* Keeps of a group those that are to be moved. */
static void drop_the_same(struct vz_auto_run *r, struct vz_auto_group *g)
{
	struct vz_texts rest = {0};

	for (size_t i = 0; i < g->envs.n; i++)
		if (needs_move(r, g, g->envs.v[i]))
			vz_texts_add(&rest, g->envs.v[i]);
		else
			r->log->same++;
	vz_texts_release(&g->envs);
	g->envs = rest;
}

int vz_auto_hold(struct vz_auto_run *r, const struct vz_auto_group *g)
{
	for (size_t i = 0; i < g->envs.n; i++)
		vz_auto_tell(r, &(struct vz_auto_event){ .name = vz_strdup(g->envs.v[i]), .state = VZ_AUTO_HELD,
				 .words = vz_strdup("what it would get failed a health check before") });
	return 0;
}

static int compose(struct vz_auto_run *r, struct vz_auto_group *g, struct vz_err *err)
{
	const struct vz_build_options o = {
		.mirror_dirs = r->o->mirror_dirs, .offline = r->o->offline, .network = r->o->network, .report = r->o->report,
	};

	if (vz_composition_make(r->store, &g->request, &o, &g->to, NULL, err) < 0)
		return -1;
	return vz_checks_of(r->store, &g->to, &g->checks, err);
}

int vz_auto_move(struct vz_auto_run *r, struct vz_auto_group *g, struct vz_err *err)
{
	struct vz_err why = {0};
	size_t first;

	if (compose(r, g, &why) < 0) {
		if (vz_interrupted(err) < 0)
			return -1;
		for (size_t i = 0; i < g->envs.n; i++)
			vz_auto_fail(r, false, g->envs.v[i], &why);
		return 0;
	}
	drop_the_same(r, g);
	if (g->envs.n && vz_verdict_holds(r->store, &g->to.image, g->checks.commands.v, g->checks.commands.n))
		return vz_auto_hold(r, g);
	first = vz_auto_canaries(r, g);
	if (!g->envs.n)
		return 0;
	vz_report_stage(r->o->report, "moving %zu environments of '%s', %zu of them first", g->envs.n, g->template, first);
	if (run_wave(r, g, 0, first, err) < 0)
		return -1;
	if (vz_verdict_is_bad(r->store, &g->to.image) || first == g->envs.n)
		return 0;
	return run_wave(r, g, first, g->envs.n - first, err);
}
