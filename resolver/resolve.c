/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/resolve.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/pool.h"
#include "resolver/fetch.h"
#include "resolver/mirror.h"
#include "resolver/solve.h"
#include "resolver/source.h"

#define BATCH 128                    /* files open at once; a process may have 1024 */

struct repo {
	char *id;
	struct vz_mirrors mirrors;
};

struct vz_session {
	struct vz_resolve_options o;
	struct repo *repos;
	size_t n;
};

struct vz_session *vz_session_new(const struct vz_resolve_options *o)
{
	struct vz_session *s = vz_new(struct vz_session);

	s->o = *o;
	return s;
}

static void forget_repos(struct vz_session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->repos[i].id);
		vz_mirrors_release(&s->repos[i].mirrors);
	}
	free(s->repos);
	s->repos = NULL;
	s->n = 0;
}

void vz_session_free(struct vz_session *s)
{
	if (!s)
		return;
	forget_repos(s);
	free(s);
}

static int add_repo(struct vz_session *s, const struct vz_recipe_repo *repo, struct vz_err *err)
{
	struct repo r = {0};

	if (vz_mirrors_expand(repo, s->o.mirror_dirs, &r.mirrors, err) < 0)
		return vz_err_wrap(err, "repository '%s'", repo->id);
	r.id = vz_strdup(repo->id);
	s->repos = vz_realloc(s->repos, s->n + 1, sizeof *s->repos);
	s->repos[s->n++] = r;
	return 0;
}

static const struct repo *find_repo(const struct vz_session *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->repos[i].id, id) == 0)
			return &s->repos[i];
	return NULL;
}

struct refresh {
	struct vz_source source;
	int repos_fd;
};

static int refresh_one(void *arg, struct vz_err *err)
{
	struct refresh *r = arg;
	struct vz_fetch_options o = { .offline = r->source.offline, .report = r->source.report };
	auto_fetch struct vz_fetch *fetch = vz_fetch_new(&o);

	r->source.fetch = fetch;
	return vz_source_refresh(&r->source, r->repos_fd, err);
}

/* All repositories at once: each waits mostly for its mirror, then for one processor. */
static int refresh_all(const struct vz_session *s, const struct vz_recipe *recipe, struct refresh *all, struct vz_err *err)
{
	struct vz_pool *pool = vz_pool_new(recipe->n_repos < 4 ? (unsigned)recipe->n_repos : 4);
	int failed;

	for (size_t i = 0; i < recipe->n_repos; i++) {
		all[i].repos_fd = s->o.repos_fd;
		all[i].source = (struct vz_source){ .repo = &recipe->repos[i], .arch = recipe->arch, .mirrors = &s->repos[i].mirrors,
						    .report = s->o.report, .offline = s->o.offline, .dir = -1 };
		vz_pool_add(pool, refresh_one, &all[i]);
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

static struct vz_plan *plan_new(const struct vz_recipe *recipe, const char *family)
{
	struct vz_plan *plan = vz_new(struct vz_plan);

	plan->name = vz_strdup(recipe->name);
	plan->kind = vz_strdup(recipe->kind);
	plan->arch = vz_strdup(recipe->arch);
	plan->family = vz_strdup(family);
	return plan;
}

static struct vz_plan *solve(const struct vz_recipe *recipe, const struct vz_source_ops *ops, const struct refresh *all,
			     struct vz_err *err)
{
	const char *arch = ops->arch(recipe->arch);
	auto_universe struct vz_universe *u = vz_universe_new(ops->type, arch);
	auto_plan struct vz_plan *plan = plan_new(recipe, ops->type);

	for (size_t i = 0; i < recipe->n_repos; i++) {
		for (size_t k = 0; k < all[i].source.n_indexes; k++)
			if (vz_universe_add(u, (int)i, recipe->repos[i].priority, all[i].source.indexes[k], err) < 0) {
				vz_err_wrap(err, "repository '%s'", recipe->repos[i].id);
				return NULL;
			}
		add_plan_repo(plan, &all[i].source);
	}
	return vz_solve(u, ops->policy, recipe, arch, plan, err) < 0 ? NULL : steal(&plan);
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

struct vz_plan *vz_resolve(struct vz_session *s, const struct vz_recipe *recipe, struct vz_err *err)
{
	const struct vz_source_ops *ops = family_of(recipe, err);
	auto_free struct refresh *all = vz_alloc((recipe->n_repos + 1) * sizeof *all);
	struct vz_plan *plan = NULL;

	if (!ops)
		return NULL;
	forget_repos(s);
	for (size_t i = 0; i < recipe->n_repos; i++)
		if (add_repo(s, &recipe->repos[i], err) < 0)
			return NULL;
	vz_report_stage(s->o.report, "refreshing %zu repositor%s", recipe->n_repos, recipe->n_repos == 1 ? "y" : "ies");
	if (refresh_all(s, recipe, all, err) == 0) {
		vz_report_stage(s->o.report, "resolving '%s'", recipe->name);
		plan = solve(recipe, ops, all, err);
	}
	for (size_t i = 0; i < recipe->n_repos; i++)
		vz_source_release(&all[i].source);
	return plan;
}

int vz_resolve_locked(struct vz_session *s, const struct vz_recipe *recipe, const struct vz_plan *lock, struct vz_err *err)
{
	forget_repos(s);
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
		if (add_repo(s, repo, err) < 0)
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
	char *path;
	vz_package_ready ready;
	void *ctx;
};

static int deliver(void *ctx, struct vz_fetch_request *r, struct vz_err *err)
{
	struct delivery *d = ctx;

	return d->ready(d->ctx, d->package, steal_fd(&r->fd), err);
}

static int request(const struct vz_session *s, struct delivery *d, int dir_fd, struct vz_fetch_request *ret, struct vz_err *err)
{
	const struct repo *repo = find_repo(s, d->package->repo);

	if (!repo)
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is from repository '%s', which the recipe does not have",
				  d->package->name, d->package->repo);
	d->path = url_path(d->package->location);
	*ret = (struct vz_fetch_request){ .mirrors = &repo->mirrors, .path = d->path, .size = d->package->size,
					  .digest = d->package->digest, .done = deliver, .ctx = d };
	ret->fd = vz_open(dir_fd, ".", O_TMPFILE | O_RDWR, 0600, err);
	return ret->fd < 0 ? -1 : 0;
}

static int fetch_batch(const struct vz_session *s, struct vz_fetch *fetch, struct delivery *d, size_t n, int dir_fd,
		       struct vz_err *err)
{
	struct vz_fetch_request requests[BATCH];
	size_t made = 0;
	int failed = 0;

	while (made < n && !failed) {
		failed = request(s, &d[made], dir_fd, &requests[made], err);
		made += !failed;
	}
	if (!failed)
		failed = vz_fetch_run(fetch, requests, made, err);
	for (size_t i = 0; i < made; i++)
		if (requests[i].fd >= 0)
			close(requests[i].fd);
	return failed;
}

int vz_resolve_fetch(struct vz_session *s, const struct vz_plan_package *const *packages, size_t n, int dir_fd,
		     vz_package_ready ready, void *ctx, struct vz_err *err)
{
	struct vz_fetch_options o = { .offline = s->o.offline, .report = s->o.report };
	auto_fetch struct vz_fetch *fetch = vz_fetch_new(&o);
	auto_free struct delivery *d = vz_alloc((n + 1) * sizeof *d);
	int failed = 0;

	for (size_t i = 0; i < n; i++)
		d[i] = (struct delivery){ packages[i], NULL, ready, ctx };
	for (size_t at = 0; at < n && !failed; at += BATCH)
		failed = fetch_batch(s, fetch, d + at, n - at < BATCH ? n - at : BATCH, dir_fd, err);
	for (size_t i = 0; i < n; i++)
		free(d[i].path);
	return failed;
}
