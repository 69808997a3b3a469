/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/build.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/pool.h"
#include "base/proc.h"
#include "base/table.h"
#include "builder/stage.h"
#include "resolver/resolve.h"
#include "store/ingest.h"

enum { BASE, REST, SCRIPTS };            /* scripts: one stage each, from here on */

struct build {
	struct vz_store *store;
	const struct vz_recipe *recipe;
	const struct vz_build_options *o;
	int repos;                       /* ROOT/repos, open as long as the session */
	struct vz_session *session;
	struct vz_plan *plan;
	struct vz_stage *stages;
	size_t n_stages;
	struct vz_buf log;
	uint64_t new_bytes;              /* of packages; added to by several threads */
	size_t ingested, to_ingest;
};

static void build_release(struct build *b)
{
	for (size_t i = 0; i < b->n_stages; i++) {
		vz_stage_release(&b->stages[i]);
		free(b->stages[i].packages);
	}
	free(b->stages);
	vz_session_free(b->session);
	if (b->repos >= 0)
		close(b->repos);
	vz_plan_free(b->plan);
	vz_buf_release(&b->log);
}

/* ---- solve ---- */

static int open_session(struct build *b, struct vz_err *err)
{
	struct vz_resolve_options o = {
		.mirror_dirs = b->o->mirror_dirs, .offline = b->o->offline, .report = b->o->report,
	};

	o.repos_fd = b->repos = vz_open_dir(vz_store_fd(b->store), "repos", err);
	if (b->repos < 0)
		return -1;
	b->session = vz_session_new(&o);
	return 0;
}

static int make_plan(struct build *b, struct vz_err *err)
{
	if (open_session(b, err) < 0)
		return -1;
	if (!b->o->lock_text) {
		b->plan = vz_resolve(b->session, b->recipe, NULL, err);
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

/* ---- fetch and ingest ---- */

struct arrival {
	struct build *build;
	const struct vz_plan_package *package;
	struct vz_pool *pool;
	int fd;
};

static int ingest_one(void *arg, struct vz_err *err)
{
	struct arrival *a = arg;
	struct build *b = a->build;
	struct vz_ingest_result r = {0};
	int rc = vz_interrupted(err);

	if (rc == 0)
		rc = vz_ingest(b->store, b->plan->family, a->fd, a->package->digest, &r, err);
	if (rc < 0)
		vz_err_wrap(err, "package '%s'", a->package->name);
	__atomic_add_fetch(&b->new_bytes, r.new_bytes, __ATOMIC_RELAXED);
	vz_report_progress(b->o->report, "open", __atomic_add_fetch(&b->ingested, 1, __ATOMIC_RELAXED), b->to_ingest);
	close(a->fd);
	free(a);
	return rc;
}

static int on_package(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *err)
{
	struct arrival *a = vz_new(struct arrival);

	(void)err;
	*a = *(struct arrival *)ctx;
	a->package = p;
	a->fd = fd;
	vz_pool_add(a->pool, ingest_one, a);
	return 0;
}

/* The packages that this host has not opened yet; each digest once. */
static const struct vz_plan_package **missing_packages(const struct build *b, size_t *ret_n)
{
	const struct vz_plan_package **missing = vz_alloc((b->plan->n_packages + 1) * sizeof *missing);
	auto_table struct vz_table seen = {0};

	*ret_n = 0;
	for (size_t i = 0; i < b->plan->n_packages; i++) {
		const struct vz_plan_package *p = &b->plan->packages[i];

		if (vz_table_has(&seen, p->digest) || vz_record_has(b->store, p->digest))
			continue;
		vz_table_put(&seen, p->digest, NULL);
		missing[(*ret_n)++] = p;
	}
	return missing;
}

static int fetch_and_ingest(struct build *b, struct vz_err *err)
{
	size_t n;
	auto_free const struct vz_plan_package **missing = missing_packages(b, &n);
	int stage = vz_store_stage(b->store, err), rc;
	struct vz_err pool_err = {0};
	struct arrival like = { .build = b };

	if (stage < 0)
		return -1;
	if (!n)
		return 0;
	vz_report_stage(b->o->report, "fetching %zu of %zu packages", n, b->plan->n_packages);
	b->to_ingest = n;
	like.pool = vz_pool_new(0);
	rc = vz_resolve_fetch(b->session, missing, n, stage, on_package, &like, err);
	if (vz_pool_finish(like.pool, &pool_err) < 0 && rc == 0) {
		*err = pool_err;
		rc = -1;
	}
	vz_pool_free(like.pool);
	return rc;
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

static void plan_stages(struct build *b)
{
	const struct vz_stage like = {
		.store = b->store, .family = b->plan->family, .arch = family_arch(b->plan), .latest = b->plan->date, .log = &b->log,
		.report = b->o->report,
	};

	b->n_stages = SCRIPTS + b->recipe->n_scripts;
	b->stages = vz_alloc(b->n_stages * sizeof *b->stages);
	for (size_t i = 0; i < b->n_stages; i++) {
		b->stages[i] = like;
		b->stages[i].parent = i ? &b->stages[i - 1] : NULL;
		b->stages[i].packages = vz_alloc((b->plan->n_packages + 1) * sizeof *b->stages[i].packages);
		if (i >= SCRIPTS)
			b->stages[i].script = &b->recipe->scripts[i - SCRIPTS];
	}
	for (size_t i = 0; i < b->plan->n_packages; i++) {
		const struct vz_plan_package *p = &b->plan->packages[i];
		struct vz_stage *s = &b->stages[p->flags & VZ_PLAN_BASE ? BASE : REST];

		s->packages[s->n_packages++] = p;
	}
}

/* A stage with nothing to do passes its parent on. */
static bool is_empty(const struct vz_stage *s)
{
	return s->parent && !s->n_packages && !s->script;
}

static int run_stages(struct build *b, struct vz_stage **ret_last, struct vz_err *err)
{
	const struct vz_stage *parent = NULL;

	for (size_t i = 0; i < b->n_stages; i++) {
		struct vz_stage *s = &b->stages[i];

		s->parent = parent;
		if (is_empty(s))
			continue;
		if (vz_stage_run(s, err) < 0)
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

/* ---- manifest ---- */

static int publish(struct build *b, struct vz_stage *last, double seconds, struct vz_manifest *ret, struct vz_err *err)
{
	auto_buf struct vz_buf lock = {0};
	struct vz_tree *tree = vz_stage_tree(last, err);
	struct vz_tree_stats stats;

	if (!tree)
		return -1;
	vz_tree_stats(tree, &stats);
	vz_plan_write(b->plan, &lock);
	*ret = (struct vz_manifest){
		.name = vz_strdup(b->recipe->name), .kind = vz_strdup(b->recipe->kind),
		.summary = vz_strdup(b->recipe->summary), .arch = vz_strdup(b->plan->arch),
		.family = vz_strdup(b->plan->family), .recipe = vz_strdup(b->recipe->text),
		.recipe_path = realpath(b->recipe->path, NULL), .lock = vz_buf_steal(&lock),
		.image = last->image, .image_size = last->image_size,
		.packages = b->plan->n_packages, .files = stats.files, .bytes = stats.bytes,
		.new_bytes = b->new_bytes, .seconds = seconds, .created = time(NULL), .source_date = last->date,
	};
	for (size_t i = 0; i < b->n_stages; i++)
		ret->new_bytes += b->stages[i].new_bytes;
	return vz_manifest_publish(b->store, ret, tree, b->log.data ? b->log.data : "", err);
}

/* What a dry run, which publishes nothing, can tell of the version it would make. */
static void describe(const struct build *b, struct vz_manifest *ret)
{
	*ret = (struct vz_manifest){
		.name = vz_strdup(b->recipe->name), .kind = vz_strdup(b->recipe->kind),
		.arch = vz_strdup(b->plan->arch), .family = vz_strdup(b->plan->family),
		.packages = b->plan->n_packages, .created = time(NULL),
	};
}

/* Is the current version built from the same plan? Then it is read into `ret`. */
static int is_current(const struct build *b, bool *ret_same, struct vz_manifest *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_plan struct vz_plan *old = NULL;

	*ret_same = false;
	if (!vz_manifest_current(b->store, b->recipe->name))
		return 0;
	if (vz_manifest_read(b->store, b->recipe->name, &m, err) < 0)
		return -1;
	old = vz_plan_read(m.lock, strlen(m.lock), "lock", err);
	if (!old)
		return -1;
	if (!vz_plan_same(old, b->plan) || strcmp(m.recipe, b->recipe->text))
		return 0;
	*ret = m;
	m = (struct vz_manifest){0};
	*ret_same = true;
	return 0;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

/* What scripts printed before one of them failed, where the hint says it is. */
static void keep_log(struct build *b, struct vz_err *err)
{
	auto_free char *path = vz_printf("logs/%s.log", b->recipe->name);
	int store = vz_store_fd(b->store);
	struct vz_err ignored = {0};
	char said[sizeof err->hint];

	if (!b->log.len || vz_make_dirs(store, "logs", 0700, &ignored) < 0 ||
	    vz_write_file(store, path, b->log.data, b->log.len, 0600, &ignored) < 0)
		return;
	memcpy(said, err->hint, sizeof said);
	if (err->code == VZ_SCRIPT)
		vz_err_hint(err, "all output is in '%s/%s'%s%.400s", vz_store_path(b->store), path, *said ? "; " : "", said);
}

static int sync_job(void *arg, struct vz_err *err)
{
	return vz_store_sync(arg, err);
}

static int build(struct build *b, const struct timespec *start, struct vz_manifest *ret, struct vz_err *err)
{
	struct vz_stage *last = NULL;
	struct vz_err keep_err = {0};
	struct vz_pool *disk;
	int rc;

	if (fetch_and_ingest(b, err) < 0)
		return -1;
	plan_stages(b);
	/* what came with the packages goes to the disk while their scripts keep the processors busy */
	disk = vz_pool_new(1);
	vz_pool_add(disk, sync_job, b->store);
	rc = run_stages(b, &last, err);
	if (vz_pool_finish(disk, &keep_err) < 0 && rc == 0) {
		*err = keep_err;
		rc = -1;
	}
	vz_pool_free(disk);
	if (rc < 0) {
		keep_log(b, err);
		if (vz_store_sync(b->store, &keep_err) == 0)
			keep_stages(b, &keep_err);
		return -1;
	}
	if (publish(b, last, seconds_since(start), ret, err) < 0)
		return -1;
	return keep_stages(b, err);
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
	struct timespec start;
	auto_fd int lock = -1;
	bool same = false;

	clock_gettime(CLOCK_MONOTONIC, &start);
	lock = vz_store_lock(s, "template", recipe->name, true, err);
	if (lock < 0 || make_plan(&b, err) < 0)
		return -1;
	if (o->only_if_changed && is_current(&b, &same, &ret->manifest, err) < 0)
		return -1;
	if (!same && o->dry_run)
		describe(&b, &ret->manifest);
	else if (!same && build(&b, &start, &ret->manifest, err) < 0)
		return -1;
	ret->changed = !same;
	ret->plan = steal(&b.plan);
	return 0;
}
