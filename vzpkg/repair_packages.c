/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents that came in packages, and the records of these: fetched and opened again. */
#include "vzpkg/repair.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/table.h"
#include "builder/composition.h"
#include "link/env.h"
#include "resolver/resolve.h"
#include "store/ingest.h"
#include "store/plans.h"
#include "store/record.h"

/* Scripts are not needed to fetch, and the files they were read from may be gone. */
static char *without_scripts(const char *recipe)
{
	const char *scripts = strstr(recipe, "\n[scripts]\n"), *next = scripts ? strstr(scripts + 1, "\n[") : NULL;

	if (!scripts)
		return vz_strdup(recipe);
	return vz_printf("%.*s%s", (int)(scripts - recipe), recipe, next ? next : "\n");
}

/* What is to be opened again. */
struct refetch {
	const struct vz_repair *r;
	struct vz_table names;           /* digest of a package → its name and version, once a plan told; owned */
	struct vz_err err;               /* what kept the last from coming */
};

static void refetch_release(struct refetch *f)
{
	for (size_t i = 0; i < f->names.n; i++)
		free(f->names.items[i].value);
	vz_table_release(&f->names);
}
#define auto_refetch __attribute__((cleanup(refetch_release)))

/* A record that vouches for what is not there must not be: builds trust it. Without it they fetch the package. */
static void want(struct refetch *f, const char *digest)
{
	auto_free char *record = vz_printf("packages/%s", digest);

	if (!vz_table_has(&f->names, digest) && vz_repair_put_aside(f->r, record, &f->err) == 0)
		vz_table_put(&f->names, digest, NULL);
}

static bool is_missing(const struct refetch *f, const char *digest)
{
	return vz_table_has(&f->names, digest) && !vz_record_has(f->r->store, digest);
}

/* What a plan has of it; free(). */
static const struct vz_plan_package **choose(struct refetch *f, const struct vz_plan *plan, size_t *ret_n)
{
	const struct vz_plan_package **list = vz_alloc((plan->n_packages + 1) * sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < plan->n_packages; i++) {
		const struct vz_plan_package *p = &plan->packages[i];

		if (!is_missing(f, p->digest))
			continue;
		list[n++] = p;
		free(vz_table_get(&f->names, p->digest));
		vz_table_put(&f->names, p->digest, vz_printf("%s %s", p->name, p->version));
	}
	*ret_n = n;
	return list;
}

struct opening {
	struct vz_store *store;
	const char *family;
};

static int open_package(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *err)
{
	const struct opening *o = ctx;
	auto_fd int file = fd;
	struct vz_ingest_result unused;

	return vz_ingest(o->store, o->family, file, p->digest, &unused, err);
}

/* All at once; if one cannot be had, each by itself. */
static int fetch_list(struct refetch *f, struct vz_session *session, const struct vz_plan *plan,
		      const struct vz_plan_package *const *list, size_t n)
{
	struct opening opening = { f->r->store, plan->family };
	int stage = vz_store_stage(f->r->store, &f->err);

	if (stage < 0 || vz_resolve_fetch(session, list, n, stage, open_package, &opening, &f->err) == 0)
		return stage < 0 ? -1 : 0;
	for (size_t i = 0; n > 1 && i < n; i++)
		if (is_missing(f, list[i]->digest) && vz_interrupted(&f->err) == 0)
			vz_resolve_fetch(session, &list[i], 1, stage, open_package, &opening, &f->err);
	return 0;
}

/* What a plan has of it, from where its recipe says. */
static int fetch_by(struct refetch *f, const struct vz_recipe *recipe, const struct vz_plan *plan)
{
	const struct vz_cli *cli = f->r->cli;
	struct vz_resolve_options options = {
		.mirror_dirs = cli->mirror_dirs, .offline = cli->offline, .network = &cli->network, .report = &cli->report,
	};
	auto_fd int repos = vz_open_dir(vz_store_fd(f->r->store), "repos", &f->err);
	auto_session struct vz_session *session = NULL;
	size_t n;
	auto_free const struct vz_plan_package **list = choose(f, plan, &n);

	options.repos_fd = repos;
	session = vz_session_new(&options);
	if (repos < 0 || vz_resolve_locked(session, recipe, plan, &f->err) < 0 || fetch_list(f, session, plan, list, n) < 0)
		return -1;
	return vz_store_sync(f->r->store, &f->err);
}

static bool has_any(const struct refetch *f, const struct vz_plan *plan)
{
	for (size_t i = 0; plan && i < plan->n_packages; i++)
		if (is_missing(f, plan->packages[i].digest))
			return true;
	return false;
}

static int fetch_for_template(struct refetch *f, const char *ref)
{
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *recipe = NULL;
	auto_plan struct vz_plan *plan = NULL;
	auto_free char *text = NULL;

	if (vz_manifest_read(f->r->store, ref, &m, &f->err) < 0 || !(plan = vz_plan_read(m.lock, strlen(m.lock), "lock", &f->err)))
		return -1;
	if (!has_any(f, plan))
		return 0;
	text = without_scripts(m.recipe);
	recipe = vz_recipe_parse(text, strlen(text), m.recipe_path ? m.recipe_path : m.name, &f->err);
	return recipe ? fetch_by(f, recipe, plan) : -1;
}

/* For each generation whose plan has something of it, the newest first. */
static int fetch_for_env(struct refetch *f, const char *name)
{
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(f->r->store, name, &n, &f->err);

	for (size_t i = n; list && i--;) {
		auto_env struct vz_env e = {0};
		auto_buf struct vz_buf text = {0};
		auto_plan struct vz_plan *plan = NULL;
		auto_recipe struct vz_recipe *recipe = NULL;

		if (vz_env_generation(f->r->store, name, list[i], &e, &f->err) == 0 &&
		    vz_plans_get(f->r->store, &e.shows.plan, &text, &f->err) == 0)
			plan = vz_plan_read(text.data, text.len, "plan", &f->err);
		if (has_any(f, plan) && (recipe = vz_composition_recipe(f->r->store, &e.shows, &f->err)))
			fetch_by(f, recipe, plan);
	}
	return list ? 0 : -1;
}

/* From all whose plans name something of it, until all is there; the newest versions are the last. */
static int fetch(struct refetch *f, struct vz_err *err)
{
	auto_texts struct vz_texts users = {0};

	for (size_t i = 0; i < f->names.n; i++) {
		auto_free char *path = vz_printf("packages/%s", f->names.items[i].key);
		const struct vz_texts *some = vz_users_of(f->r->users, path);

		for (size_t k = 0; some && k < some->n; k++)
			if (!vz_texts_has(&users, some->v[k]))
				vz_texts_add(&users, some->v[k]);
	}
	vz_texts_sort(&users);
	for (size_t i = users.n; i--;) {
		const char *user = users.v[i];

		if (vz_interrupted(err) < 0)
			return -1;
		if (!strncmp(user, VZ_USER_TEMPLATE, strlen(VZ_USER_TEMPLATE)))
			fetch_for_template(f, user + strlen(VZ_USER_TEMPLATE));
		else
			fetch_for_env(f, user + strlen(VZ_USER_ENV));
	}
	return 0;
}

/* ---- findings ---- */

static void want_for(struct refetch *f, const struct vz_finding *finding)
{
	if (finding->kind == VZ_FINDING_RECORD)
		want(f, finding->path + strlen("packages/"));
	for (size_t i = 0; finding->kind == VZ_FINDING_OBJECT && i < finding->users.n; i++)
		if (!strncmp(finding->users.v[i], VZ_USER_PACKAGE, strlen(VZ_USER_PACKAGE)))
			want(f, finding->users.v[i] + strlen(VZ_USER_PACKAGE));
}

/* The package that a finding is of, as people call it; NULL: none, or no plan has it. */
static const char *name_of(const struct refetch *f, const struct vz_finding *finding)
{
	const char *name = NULL;

	if (finding->kind == VZ_FINDING_RECORD)
		return vz_table_get(&f->names, finding->path + strlen("packages/"));
	for (size_t i = 0; i < finding->users.n && !name; i++)
		if (!strncmp(finding->users.v[i], VZ_USER_PACKAGE, strlen(VZ_USER_PACKAGE)))
			name = vz_table_get(&f->names, finding->users.v[i] + strlen(VZ_USER_PACKAGE));
	return name;
}

static void tell(const struct refetch *f, struct vz_finding *finding)
{
	const char *name = name_of(f, finding);

	if (!vz_repair_is_bad(f->r, finding))
		vz_repair_done(finding, "from package %s", name ? name : "of a file");
	else if (name)
		vz_repair_failed(finding, "package '%s': %s", name, *f->err.msg ? f->err.msg : "it has another content");
	else
		vz_repair_failed(finding, "no package that a plan names has it");
}

int vz_repair_packages(const struct vz_repair *r, struct vz_err *err)
{
	auto_refetch struct refetch f = { .r = r };
	auto_free bool *mine = vz_alloc((r->findings->n + 1) * sizeof *mine);

	for (size_t i = 0; i < r->findings->n; i++) {
		const struct vz_finding *one = &r->findings->v[i];

		mine[i] = (one->kind == VZ_FINDING_RECORD || one->kind == VZ_FINDING_OBJECT) && vz_repair_is_bad(r, one);
		if (mine[i])
			want_for(&f, one);
	}
	if (f.names.n)
		vz_report_stage(&r->cli->report, "fetching %zu packages again", f.names.n);
	if (fetch(&f, err) < 0)
		return -1;
	for (size_t i = 0; i < r->findings->n; i++)
		if (mine[i])
			tell(&f, &r->findings->v[i]);
	return 0;
}
