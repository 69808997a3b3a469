/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/build.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "builder/configure.h"
#include "builder/ids.h"
#include "builder/intake.h"
#include "builder/presence.h"
#include "builder/publish.h"
#include "builder/stage.h"
#include "resolver/resolve.h"
#include "store/pending.h"
#include "store/plans.h"
#include "store/verdict.h"

struct build {
	struct vz_store *store;
	const struct vz_recipe *recipe;
	const struct vz_build_options *o;
	const struct vz_build_base *on;  /* NULL: on nothing */
	struct vz_plan *current;         /* what the current version was built from, where that matters */
	struct vz_presence presence;     /* its packages */
	int repos;                       /* ROOT/repos, open as long as the session */
	struct vz_session *session;
	struct vz_plan *plan;
	struct vz_sources sources, added_sources;
	struct vz_stage *stages;
	size_t n_stages;
	struct vz_buf log;
	struct vz_intake *intake;
	struct vz_intake_sums taken;
};

static void build_release(struct build *b)
{
	vz_intake_free(b->intake);
	for (size_t i = 0; i < b->n_stages; i++) {
		vz_stage_release(&b->stages[i]);
		free(b->stages[i].packages);
	}
	free(b->stages);
	vz_sources_release(&b->sources);
	vz_sources_release(&b->added_sources);
	vz_session_free(b->session);
	if (b->repos >= 0)
		close(b->repos);
	vz_plan_free(b->plan);
	vz_presence_release(&b->presence);
	vz_plan_free(b->current);
	vz_buf_release(&b->log);
}

/* ---- solve ---- */

static int open_session(struct build *b, struct vz_err *err)
{
	struct vz_resolve_options o = {
		.mirror_dirs = b->o->mirror_dirs, .offline = b->o->offline, .network = b->o->network, .report = b->o->report,
	};

	o.repos_fd = b->repos = vz_open_dir(vz_store_fd(b->store), "repos", err);
	if (b->repos < 0)
		return -1;
	b->session = vz_session_new(&o);
	return 0;
}

static bool is_app(const struct build *b)
{
	return strcmp(b->recipe->kind, "app") == 0;
}

/* The packages of the current version, which stay unless they are vulnerable. */
static int gather_current(struct build *b, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};

	if (vz_manifest_read(b->store, b->recipe->name, &m, err) < 0)
		return -1;
	b->current = vz_plan_read(m.lock, strlen(m.lock), "lock", err);
	if (!b->current || vz_presence_add_plan(&b->presence, b->store, b->current, VZ_PRESENT_TEMPLATE, err) < 0)
		return -1;
	b->presence.list.fixes = b->presence.list.itself = true;
	return 0;
}

static const struct vz_present_list *present(const struct build *b)
{
	return b->on ? b->on->present : b->o->security ? &b->presence.list : NULL;
}

static int make_plan(struct build *b, struct vz_err *err)
{
	if (is_app(b)) {
		b->plan = vz_publish_app_plan(b->recipe);
		return 0;
	}
	if (open_session(b, err) < 0 || (b->o->security && !b->on && gather_current(b, err) < 0))
		return -1;
	if (b->on && b->on->settled && !b->o->lock_text) {
		b->plan = vz_plan_read(b->on->os->lock, strlen(b->on->os->lock), "lock", err);
		return b->plan ? 0 : -1;
	}
	if (!b->o->lock_text) {
		b->plan = vz_resolve(b->session, b->recipe, present(b), err);
		return b->plan ? 0 : -1;
	}
	b->plan = vz_plan_read(b->o->lock_text, strlen(b->o->lock_text), b->o->lock_name, err);
	if (!b->plan)
		return -1;
	if (strcmp(b->plan->name, b->recipe->name) || strcmp(b->plan->arch, b->recipe->arch))
		return vz_err_set(err, VZ_USAGE, "'%s' is the lock of '%s' for %s, not of '%s' for %s", b->o->lock_name,
				  b->plan->name, b->plan->arch, b->recipe->name, b->recipe->arch);
	return vz_resolve_locked(b->session, b->recipe, b->plan, err);
}

static int start_intake(struct build *b, struct vz_err *err)
{
	b->intake = vz_intake_start(&(struct vz_intake_options){ b->store, b->plan, b->session, b->o->report }, err);
	return b->intake ? 0 : -1;
}

/* ---- compose, configure, capture: the stages ---- */

/* The family's own name of the architecture: what its packages say, if not that they fit any. */
static const char *family_arch(const struct vz_plan *p)
{
	for (size_t i = 0; i < p->n_packages; i++)
		if (strcmp(p->packages[i].arch, "all") && strcmp(p->packages[i].arch, "noarch"))
			return p->packages[i].arch;
	return p->arch;
}

static int read_sources(struct build *b, struct vz_err *err)
{
	const struct vz_configure_ops *ops = vz_configure_ops(b->plan->family);

	if (!ops || !ops->sources)
		return 0;
	if (vz_sources_read(b->recipe, b->o->mirror_dirs, false, &b->sources, err) < 0)
		return -1;
	return vz_sources_read(b->recipe, b->o->mirror_dirs, true, &b->added_sources, err);
}

enum part { BASE, REST, ADDED };

static enum part part_of(const struct vz_plan_package *p)
{
	return p->flags & VZ_PLAN_BASE ? BASE : p->flags & VZ_PLAN_ADDED ? ADDED : REST;
}

static struct vz_stage *add_stage(struct build *b)
{
	struct vz_stage *s = &b->stages[b->n_stages++];

	*s = (struct vz_stage){
		.store = b->store, .family = b->plan->family, .arch = family_arch(b->plan), .latest = b->plan->date, .log = &b->log,
		.again = b->o->again, .report = b->o->report,
	};
	return s;
}

static void add_part(struct build *b, enum part part)
{
	const struct vz_sources *sources = part == REST ? &b->sources : part == ADDED ? &b->added_sources : NULL;
	struct vz_stage *s = add_stage(b);

	s->sources = sources && sources->n ? sources : NULL;
	s->packages = vz_alloc((b->plan->n_packages + 1) * sizeof *s->packages);
	for (size_t i = 0; i < b->plan->n_packages; i++)
		if (part_of(&b->plan->packages[i]) == part)
			s->packages[s->n_packages++] = &b->plan->packages[i];
}

static void add_scripts(struct build *b, bool added)
{
	for (size_t i = 0; i < b->recipe->n_scripts; i++)
		if (b->recipe->scripts[i].added == added)
			add_stage(b)->script = &b->recipe->scripts[i];
}

/* Does the plan leave the OS template as it is? */
static bool stays(const struct vz_plan *os, const struct vz_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_packages; i++) {
		if (plan->packages[i].flags & VZ_PLAN_ADDED)
			continue;
		if (n == os->n_packages || strcmp(plan->packages[i].digest, os->packages[n++].digest) != 0)
			return false;
	}
	return n == os->n_packages;
}

/* The template's image takes the place of the stages that made it. */
static void add_template(struct build *b)
{
	struct vz_stage *s = add_stage(b);

	s->image = b->on->os->image;
	s->image_size = b->on->os->image_size;
	s->date = b->on->os->source_date;
	s->known = true;
}

static void add_recordings(struct build *b)
{
	for (size_t i = 0; i < b->on->n_recordings; i++)
		add_stage(b)->recording = &b->on->recordings[i];
}

static void plan_stages(struct build *b)
{
	b->stages = vz_alloc((4 + b->recipe->n_scripts + (b->on ? b->on->n_recordings : 0)) * sizeof *b->stages);
	if (b->on && stays(b->on->plan, b->plan)) {
		add_template(b);
	} else {
		add_part(b, BASE);
		add_part(b, REST);
		add_scripts(b, false);
	}
	if (b->on) {
		add_part(b, ADDED);
		add_scripts(b, true);
		add_recordings(b);
	}
}

/* A stage with nothing to do passes its parent on. */
static bool is_empty(const struct vz_stage *s)
{
	return s->parent && !s->n_packages && !s->script && !s->recording && !s->sources && !s->ids;
}

static int run_stage(struct build *b, struct vz_stage *s, struct vz_err *err)
{
	if (s->n_packages && vz_intake_wait(b->intake, s->packages, s->n_packages, err) < 0)
		return -1;
	return vz_stage_run(s, err);
}

static int run_stages(struct build *b, struct vz_stage **ret_last, struct vz_err *err)
{
	const struct vz_configure_ops *ops = vz_configure_ops(b->plan->family);
	const struct vz_stage *parent = NULL;

	if (ops && ops->alone && vz_intake_wait(b->intake, NULL, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n_stages; i++) {
		struct vz_stage *s = &b->stages[i];

		s->parent = parent;
		if (is_empty(s))
			continue;
		if (!s->known && run_stage(b, s, err) < 0)
			return -1;
		parent = *ret_last = s;
	}
	return 0;
}

/* Work done is kept, also when a later step failed: the next run begins there. */
static int keep_stages(struct build *b, struct vz_err *err)
{
	for (size_t i = 0; i < b->n_stages; i++)
		if (b->stages[i].image_size && vz_stage_keep(&b->stages[i], err) < 0)
			return -1;
	return 0;
}

/* What a composition's template has by its own lock is the composition's too: who builds it without the template's
 * image must come to the same. */
static void add_template_ids(struct build *b, const struct vz_ids *have)
{
	const struct vz_ids *os = b->on ? &b->on->plan->ids : &(struct vz_ids){0};

	for (size_t i = 0; i < os->n; i++) {
		const struct vz_id *one = &os->v[i];
		uint32_t id;

		if (vz_ids_get(have, one->kind, one->name, &id))
			vz_ids_put(&b->plan->ids, one->kind, one->name, one->id);
	}
}

/* Names keep the ids that they had before; a lock says it all. */
static int settle_ids(struct build *b, struct vz_stage **last, struct vz_err *err)
{
	const char *line = b->on ? b->on->os->name : b->recipe->name;
	auto_ids struct vz_ids have = {0}, all = {0};
	const struct vz_tree *tree;
	struct vz_stage *s;

	if (b->o->lock_text && !b->plan->ids.n)
		return 0;
	tree = vz_stage_tree(*last, err);
	if (!tree || vz_ids_of_tree(b->store, tree, &have, err) < 0)
		return -1;
	if (!b->o->lock_text) {
		add_template_ids(b, &have);
		if (vz_ids_enter(b->store, line, tree, &b->plan->ids, err) < 0)
			return -1;
		if (b->on && b->on->ids)
			vz_ids_merge(&b->plan->ids, b->on->ids);
	}
	vz_ids_merge(&all, &have);
	vz_ids_merge(&all, &b->plan->ids);
	if (vz_ids_same(&all, &have))
		return 0;
	s = add_stage(b);
	s->parent = *last;
	s->ids = &b->plan->ids;
	*last = s;
	return vz_stage_run(s, err);
}

/* From a plan to an image. */
static int assemble(struct build *b, struct vz_stage **ret_last, struct vz_err *err)
{
	struct vz_err ignored;

	if (read_sources(b, err) < 0 || start_intake(b, err) < 0)
		return -1;
	plan_stages(b);
	/* what came with the packages goes to the disk while their scripts keep the processors busy */
	if (run_stages(b, ret_last, err) == 0 && vz_intake_finish(b->intake, &b->taken, err) == 0)
		return settle_ids(b, ret_last, err);
	vz_intake_free(steal(&b->intake));
	vz_publish_failure(&(struct vz_publish){ .store = b->store, .recipe = b->recipe, .log = b->log.data ? b->log.data : "" }, err);
	if (vz_store_sync(b->store, &ignored) == 0)
		keep_stages(b, &ignored);
	return -1;
}

/* ---- manifest ---- */

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static int publish(struct build *b, struct vz_stage *last, double seconds, struct vz_manifest *ret, struct vz_err *err)
{
	struct vz_publish p = {
		.store = b->store, .recipe = b->recipe, .plan = b->plan, .last = last, .new_bytes = b->taken.new_bytes, .seconds = seconds,
		.log = b->log.data ? b->log.data : "",
	};

	for (size_t i = 0; i < b->n_stages; i++)
		p.new_bytes += b->stages[i].new_bytes;
	return vz_publish(&p, ret, err) < 0 ? -1 : keep_stages(b, err);
}

/* The current version stays. Stages are kept, so that it costs little to come to the same tomorrow. */
static int hold(struct build *b, struct vz_build_result *ret, struct vz_err *err)
{
	if (vz_store_sync(b->store, err) < 0 || keep_stages(b, err) < 0 ||
	    vz_manifest_read(b->store, b->recipe->name, &ret->manifest, err) < 0)
		return -1;
	ret->held = true;
	return 0;
}

static int build(struct build *b, const struct timespec *start, struct vz_build_result *ret, struct vz_err *err)
{
	const struct vz_recipe_health *health = &b->recipe->health;
	struct vz_stage *last = NULL, nothing = {0};
	int rc;

	if (!is_app(b)) {
		if (assemble(b, &last, err) < 0)
			return -1;
		if (b->o->only_if_changed && vz_verdict_holds(b->store, &last->image, health->checks, health->n_checks))
			return hold(b, ret, err);
		return publish(b, last, seconds_since(start), &ret->manifest, err);
	}
	rc = vz_publish_app_stage(b->store, &nothing, err);
	if (rc == 0)
		rc = publish(b, &nothing, seconds_since(start), &ret->manifest, err);
	vz_stage_release(&nothing);
	return rc;
}

static int fetch(struct build *b, const struct vz_publish *known, struct vz_build_result *ret, struct vz_err *err)
{
	vz_publish_describe(known, &ret->manifest);
	if (start_intake(b, err) < 0 || vz_intake_finish(b->intake, &b->taken, err) < 0)
		return -1;
	return vz_store_sync(b->store, err);
}

/* What was fetched stays in use until a version is built, or there is nothing to build. */
static int note_pending(struct build *b, bool same, struct vz_err *err)
{
	struct vz_pending pending = { .since = time(NULL) };
	auto_buf struct vz_buf text = {0};

	if (b->o->dry_run)
		return 0;
	if (same || !b->o->fetch_only || !b->plan->n_packages)
		return vz_pending_forget(b->store, b->recipe->name, err);
	vz_plan_write(b->plan, &text);
	if (vz_plans_put(b->store, text.data, text.len, &pending.plan, err) < 0)
		return -1;
	return vz_pending_write(b->store, b->recipe->name, &pending, err);
}

void vz_build_result_release(struct vz_build_result *r)
{
	vz_manifest_release(&r->manifest);
	vz_plan_free(r->plan);
	*r = (struct vz_build_result){0};
}

int vz_build(struct vz_store *s, const struct vz_recipe *recipe, const struct vz_build_options *o,
	     struct vz_build_result *ret, struct vz_err *err)
{
	__attribute__((cleanup(build_release))) struct build b = {
		.store = s, .recipe = recipe, .o = o, .repos = -1,
	};
	struct vz_publish known = { .store = s, .recipe = recipe };
	struct timespec start;
	auto_fd int lock = -1;
	bool same = false;

	clock_gettime(CLOCK_MONOTONIC, &start);
	lock = vz_store_lock(s, "template", recipe->name, true, err);
	if (lock < 0 || make_plan(&b, err) < 0)
		return -1;
	known.plan = b.plan;
	if (o->only_if_changed && vz_publish_is_current(&known, &same, &ret->manifest, err) < 0)
		return -1;
	if (!same && o->dry_run)
		vz_publish_describe(&known, &ret->manifest);
	else if (!same && (o->fetch_only ? fetch(&b, &known, ret, err) : build(&b, &start, ret, err)) < 0)
		return -1;
	if (note_pending(&b, same, err) < 0)
		return -1;
	ret->changed = !same && !ret->held;
	ret->fetched = b.taken.packages;
	ret->fetched_bytes = b.taken.fetched_bytes;
	ret->plan = steal(&b.plan);
	return 0;
}

int vz_build_on(struct vz_store *s, const struct vz_recipe *joined, const struct vz_build_base *base,
		const struct vz_build_options *o, struct vz_built *ret, struct vz_err *err)
{
	__attribute__((cleanup(build_release))) struct build b = {
		.store = s, .recipe = joined, .o = o, .on = base, .repos = -1,
	};
	struct vz_stage *last = NULL;

	if (make_plan(&b, err) < 0)
		return -1;
	if (!o->dry_run) {
		if (assemble(&b, &last, err) < 0 || vz_store_sync(s, err) < 0 || keep_stages(&b, err) < 0)
			return -1;
		ret->image = last->image;
	}
	ret->plan = steal(&b.plan);
	return 0;
}
