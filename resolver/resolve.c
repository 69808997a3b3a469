/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/resolve.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/pool.h"
#include "resolver/fetch.h"
#include "resolver/mirror.h"
#include "resolver/solve.h"
#include "resolver/source.h"

#define BATCH 128                    /* files open at once; a process may have 1024 */

struct vz_session {
	struct vz_resolve_options o;
	struct vz_source *sources;
	size_t n;
	bool advisories;             /* are wanted */
	bool stop;                       /* set by another thread */
};

struct vz_session *vz_session_new(const struct vz_resolve_options *o)
{
	struct vz_session *s = vz_new(struct vz_session);

	s->o = *o;
	return s;
}

void vz_session_stop(struct vz_session *s)
{
	__atomic_store_n(&s->stop, true, __ATOMIC_RELAXED);
}

static void forget_sources(struct vz_session *s)
{
	for (size_t i = 0; i < s->n; i++)
		vz_source_release(&s->sources[i]);
	free(s->sources);
	s->sources = NULL;
	s->n = 0;
}

void vz_session_free(struct vz_session *s)
{
	if (!s)
		return;
	forget_sources(s);
	free(s);
}

static int add_source(struct vz_session *s, const struct vz_recipe *recipe, const struct vz_recipe_repo *repo, struct vz_err *err)
{
	struct vz_source source = { .repo = repo, .arch = recipe->arch, .report = s->o.report, .offline = s->o.offline, .network = s->o.network,
				    .advisories = s->advisories, .dir = -1 };

	if (vz_mirrors_expand(repo, s->o.mirror_dirs, &source.mirrors, err) < 0)
		return vz_err_wrap(err, "repository '%s'", repo->id);
	source.signers = vz_signers_new();
	s->sources = vz_realloc(s->sources, s->n + 1, sizeof *s->sources);
	s->sources[s->n++] = source;
	return 0;
}

static struct vz_source *find_source(struct vz_session *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->sources[i].repo->id, id) == 0)
			return &s->sources[i];
	return NULL;
}

struct refresh {
	struct vz_source *source;
	int repos_fd;
	int (*work)(struct vz_source *s, int repos, struct vz_err *err);
};

static int work_on_one(void *arg, struct vz_err *err)
{
	struct refresh *r = arg;
	struct vz_fetch_options o = { .offline = r->source->offline, .network = r->source->network, .report = r->source->report };
	auto_fetch struct vz_fetch *fetch = vz_fetch_new(&o);
	int failed;

	r->source->fetch = fetch;
	failed = r->work(r->source, r->repos_fd, err);
	r->source->fetch = NULL;
	return failed;
}

/* All repositories at once: each waits mostly for its mirror, then for one processor. */
static int for_all(struct vz_session *s, int (*work)(struct vz_source *s, int repos, struct vz_err *err), struct vz_err *err)
{
	struct vz_pool *pool = vz_pool_new(s->n < 4 ? (unsigned)s->n : 4);
	auto_free struct refresh *all = vz_alloc(s->n * sizeof *all);
	int failed;

	for (size_t i = 0; i < s->n; i++) {
		all[i] = (struct refresh){ &s->sources[i], s->o.repos_fd, work };
		vz_pool_add(pool, work_on_one, &all[i]);
	}
	failed = vz_pool_finish(pool, err);
	vz_pool_free(pool);
	return failed;
}

static void add_plan_repo(struct vz_plan *plan, const struct vz_source *source)
{
	struct vz_plan_repo *r;

	plan->repos = vz_realloc(plan->repos, plan->n_repos + 1, sizeof *plan->repos);
	r = &plan->repos[plan->n_repos++];
	*r = (struct vz_plan_repo){ vz_strdup(source->repo->id), vz_strdup(source->repo->type), vz_strdup(source->repo->suite),
				    source->date, vz_strdup(source->sha256) };
	if (source->date > plan->date)
		plan->date = source->date;
}

/* What is to be solved. */
struct question {
	const struct vz_recipe *recipe;
	const struct vz_present_list *present;   /* or NULL */
	const struct vz_source_ops *ops;
};

static struct vz_plan *plan_new(const struct vz_recipe *recipe, const char *family)
{
	struct vz_plan *plan = vz_new(struct vz_plan);

	plan->name = vz_strdup(recipe->name);
	plan->kind = vz_strdup(recipe->kind);
	plan->arch = vz_strdup(recipe->arch);
	plan->family = vz_strdup(family);
	return plan;
}

static int add_present(const struct question *q, struct vz_universe *u, int repo, struct vz_err *err)
{
	auto_fd int fd = memfd_create("present", MFD_CLOEXEC);

	if (fd < 0)
		return vz_err_sys(err, "make a memory file");
	if (vz_present_index(q->ops->type, q->ops->arch(q->recipe->arch), q->present, fd, err) < 0)
		return -1;
	return lseek(fd, 0, SEEK_SET) < 0 ? vz_err_sys(err, "read an index") : vz_universe_add_present(u, repo, fd, err);
}

/* `ret_files` as for vz_solve(). */
static struct vz_plan *solve_loaded(const struct vz_session *s, const struct question *q, bool *ret_files, struct vz_err *err)
{
	const char *arch = q->ops->arch(q->recipe->arch);
	auto_universe struct vz_universe *u = vz_universe_new(q->ops->type, arch);
	auto_plan struct vz_plan *plan = plan_new(q->recipe, q->ops->type);
	const struct vz_solve solve = { u, q->ops->policy, q->recipe, arch, q->present };

	for (size_t i = 0; i < s->n; i++) {
		const struct vz_source *source = &s->sources[i];

		for (size_t k = 0; k < source->n_indexes; k++)
			if (vz_universe_add(u, (int)i, source->repo->priority, source->indexes[k], err) < 0) {
				vz_err_wrap(err, "repository '%s'", source->repo->id);
				return NULL;
			}
		if (source->secure)
			vz_universe_secure(u, (int)i);
		add_plan_repo(plan, source);
	}
	if (q->present && add_present(q, u, (int)s->n, err) < 0)
		return NULL;
	return vz_solve(&solve, plan, ret_files, err) < 0 ? NULL : steal(&plan);
}

/* Complete lists of files are read only if the answer may depend on them. */
static struct vz_plan *solve(struct vz_session *s, const struct question *q, struct vz_err *err)
{
	bool files = false;
	auto_plan struct vz_plan *plan = solve_loaded(s, q, q->ops->with_files ? &files : NULL, err);

	if (!files)
		return steal(&plan);
	vz_report_stage(s->o.report, "reading lists of files");
	if (for_all(s, vz_source_with_files, err) < 0)
		return NULL;
	return solve_loaded(s, q, NULL, err);
}

/* One family a recipe: what its repositories are. */
static const struct vz_source_ops *family_of(const struct vz_recipe *recipe, struct vz_err *err)
{
	if (!recipe->n_repos) {
		vz_err_set(err, VZ_USAGE, "recipe '%s' names no repository", recipe->name);
		return NULL;
	}
	for (size_t i = 1; i < recipe->n_repos; i++)
		if (strcmp(recipe->repos[i].type, recipe->repos[0].type) != 0) {
			vz_err_set(err, VZ_USAGE, "repositories '%s' and '%s' are of different types", recipe->repos[0].id,
				   recipe->repos[i].id);
			return NULL;
		}
	return vz_source_ops(recipe->repos[0].type, err);
}

struct vz_plan *vz_resolve(struct vz_session *s, const struct vz_recipe *recipe, const struct vz_present_list *present,
			   struct vz_err *err)
{
	const struct question q = { recipe, present, family_of(recipe, err) };
	struct vz_plan *plan = NULL;

	if (!q.ops)
		return NULL;
	forget_sources(s);
	s->advisories = present && present->fixes;
	for (size_t i = 0; i < recipe->n_repos; i++)
		if (add_source(s, recipe, &recipe->repos[i], err) < 0)
			return NULL;
	vz_report_stage(s->o.report, "refreshing %zu repositor%s", recipe->n_repos, recipe->n_repos == 1 ? "y" : "ies");
	if (for_all(s, vz_source_refresh, err) == 0) {
		vz_report_stage(s->o.report, "resolving '%s'", recipe->name);
		plan = solve(s, &q, err);
	}
	for (size_t i = 0; i < s->n; i++)
		vz_source_drop_indexes(&s->sources[i]);
	return plan;
}

int vz_resolve_locked(struct vz_session *s, const struct vz_recipe *recipe, const struct vz_plan *lock, struct vz_err *err)
{
	forget_sources(s);
	for (size_t i = 0; i < lock->n_repos; i++) {
		const struct vz_recipe_repo *repo = NULL;

		for (size_t k = 0; k < recipe->n_repos && !repo; k++)
			if (strcmp(recipe->repos[k].id, lock->repos[i].id) == 0 && strcmp(recipe->repos[k].type, lock->repos[i].type) == 0)
				repo = &recipe->repos[k];
		if (!repo) {
			vz_err_set(err, VZ_UNRESOLVED, "the lock needs repository '%s' of type '%s', which the recipe does not have",
				   lock->repos[i].id, lock->repos[i].type);
			return vz_err_hint(err, "use the recipe that the lock was made with, or add the repository");
		}
		if (add_source(s, recipe, repo, err) < 0)
			return -1;
	}
	return 0;
}

/* A location as part of a URL: '%' and what is no URL character are escaped. */
static char *url_path(const char *location)
{
	struct vz_buf b = {0};

	for (; *location; location++) {
		if (strchr("%\"<>[]^`{|}", *location))
			vz_buf_printf(&b, "%%%02X", (unsigned char)*location);
		else
			vz_buf_putc(&b, *location);
	}
	return vz_buf_steal(&b);
}

struct delivery {
	const struct vz_plan_package *package;
	struct vz_source *source;
	char *path;
	int fd;                      /* of what came, until it is handed on; -1 */
	struct vz_pool *pool;
	vz_package_ready ready;
	void *ctx;
};

static int hand_on(void *arg, struct vz_err *err)
{
	struct delivery *d = arg;
	const struct vz_source_ops *ops = vz_source_ops(d->source->repo->type, err);

	if (!ops)
		return -1;
	if (ops->check_package && ops->check_package(d->source, d->package, d->fd, err) < 0)
		return vz_err_wrap(err, "package '%s'", d->package->name);
	return d->ready(d->ctx, d->package, steal_fd(&d->fd), err);
}

/* Checking signatures and what follows would hold up the other downloads. */
static int deliver(void *ctx, struct vz_fetch_request *r, struct vz_err *err)
{
	struct delivery *d = ctx;

	d->fd = steal_fd(&r->fd);
	vz_pool_add(d->pool, hand_on, d);
	return vz_pool_failed(d->pool) ? vz_err_set(err, VZ_FAILED, "another package was refused") : 0;
}

static int request(struct vz_session *s, struct delivery *d, int dir_fd, struct vz_fetch_request *ret, struct vz_err *err)
{
	d->source = find_source(s, d->package->repo);
	if (!d->source)
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is from repository '%s', which the recipe does not have",
				  d->package->name, d->package->repo);
	d->path = url_path(d->package->location);
	*ret = (struct vz_fetch_request){ .mirrors = &d->source->mirrors, .path = d->path, .size = d->package->size,
					  .digest = d->package->digest, .speeds = vz_source_speeds(d->source), .done = deliver, .ctx = d };
	ret->fd = vz_open(dir_fd, ".", O_TMPFILE | O_RDWR, 0600, err);
	return ret->fd < 0 ? -1 : 0;
}

static void close_all(const struct vz_fetch_request *requests, const struct delivery *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (requests[i].fd >= 0)
			close(requests[i].fd);
		if (d[i].fd >= 0)
			close(d[i].fd);
	}
}

/* Done with all of them, or none is left open. */
static int fetch_batch(struct vz_session *s, struct vz_fetch *fetch, struct delivery *d, size_t n, int dir_fd,
		       struct vz_err *err)
{
	struct vz_fetch_request requests[BATCH];
	struct vz_pool *pool = vz_pool_new(0);
	struct vz_err refused;
	size_t made = 0;
	int failed = 0;

	while (made < n && !failed) {
		d[made].pool = pool;
		failed = request(s, &d[made], dir_fd, &requests[made], err);
		made += !failed;
	}
	if (!failed)
		failed = vz_fetch_run(fetch, requests, made, err);
	if (vz_pool_finish(pool, &refused) < 0) {
		*err = refused;
		failed = -1;
	}
	vz_pool_free(pool);
	close_all(requests, d, made);
	return failed;
}

/* A refresh has done it; a lock is built from without one. */
static int locate_all(struct vz_session *s, struct vz_fetch *fetch, struct vz_err *err)
{
	int failed = 0;

	for (size_t i = 0; i < s->n && !failed; i++) {
		s->sources[i].fetch = fetch;
		failed = vz_source_locate(&s->sources[i], s->o.repos_fd, err);
		s->sources[i].fetch = NULL;
	}
	return failed;
}

int vz_resolve_fetch(struct vz_session *s, const struct vz_plan_package *const *packages, size_t n, int dir_fd,
		     vz_package_ready ready, void *ctx, struct vz_err *err)
{
	struct vz_fetch_options o = {
		.offline = s->o.offline, .network = s->o.network, .report = s->o.report, .stop = &s->stop,
	};
	auto_fetch struct vz_fetch *fetch = vz_fetch_new(&o);
	auto_free struct delivery *d = vz_alloc((n + 1) * sizeof *d);
	int failed = 0;

	if (n && locate_all(s, fetch, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		d[i] = (struct delivery){ .package = packages[i], .fd = -1, .ready = ready, .ctx = ctx };
	for (size_t at = 0; at < n && !failed; at += BATCH)
		failed = fetch_batch(s, fetch, d + at, n - at < BATCH ? n - at : BATCH, dir_fd, err);
	for (size_t i = 0; i < n; i++)
		free(d[i].path);
	for (size_t i = 0; i < s->n && !failed; i++)
		failed = vz_source_remember(&s->sources[i], s->o.repos_fd, err);
	return failed;
}
