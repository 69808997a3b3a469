/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/change.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "builder/difference.h"
#include "builder/package_file.h"
#include "store/plans.h"
#include "vzpkg/moved.h"
#include "vzpkg/terminal.h"

/* ---- applications, files ---- */

static struct vz_build_options build_options(const struct vz_cli *cli)
{
	return (struct vz_build_options){
		.mirror_dirs = cli->mirror_dirs, .offline = cli->offline, .network = &cli->network, .dry_run = cli->dry_run,
		.report = &cli->report,
	};
}

static int publish_app(const struct vz_cli *cli, struct vz_store *store, const char *name, struct vz_texts *ret, struct vz_err *err)
{
	__attribute__((cleanup(vz_build_result_release))) struct vz_build_result result = {0};
	struct vz_build_options o = build_options(cli);
	auto_free char *path = vz_recipe_find(name, cli->recipe_dirs, err);
	auto_recipe struct vz_recipe *recipe = path ? vz_cli_recipe(cli, path, err) : NULL;

	if (!recipe)
		return vz_err_wrap(err, "application '%s'", name);
	if (strcmp(recipe->kind, "app") != 0)
		return vz_err_set(err, VZ_USAGE, "'%s' is not an application: its recipe has kind = %s", name, recipe->kind);
	/* a recipe's version, once it has one, costs nothing and changes no environment: so also for a dry run */
	o.dry_run = false;
	o.only_if_changed = true;
	if (vz_build(store, recipe, &o, &result, err) < 0)
		return -1;
	vz_texts_add(ret, recipe->name);
	return 0;
}

int vz_change_app(const struct vz_cli *cli, struct vz_store *store, const char *name, struct vz_texts *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	const bool is_path = strchr(name, '/') || (strlen(name) > 7 && strcmp(name + strlen(name) - 7, ".recipe") == 0);

	if (!is_path && vz_manifest_read(store, name, &m, err) == 0) {
		vz_texts_add(ret, name);
		return 0;
	}
	if (!is_path && (err->code != VZ_NOTFOUND || strchr(name, '@')))
		return vz_err_wrap(err, "application");
	return publish_app(cli, store, name, ret, err);
}

int vz_change_file(struct vz_store *store, const char *path, struct vz_texts *ret, struct vz_err *err)
{
	char digest[VZ_HEX_LEN + 1];

	if (vz_package_file_add(store, path, digest, err) < 0)
		return -1;
	vz_texts_add(ret, digest);
	return 0;
}

/* ---- plans ---- */

struct vz_plan *vz_change_plan_of(const struct vz_store *store, const struct vz_composition *c, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	return vz_plans_get(store, &c->plan, &text, err) < 0 ? NULL : vz_plan_read(text.data, text.len, "plan", err);
}

void vz_change_print_packages(const struct vz_plan_changes *changes, const struct vz_plan *now)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct vz_plan_package *p = changes->v[i].now, *was = changes->v[i].before;
		const char *why = p && vz_plan_is_security(now, p) ? " (security)" : "";

		if (!p)
			printf("  - %s %s\n", was->name, was->version);
		else if (!was)
			printf("  + %s %s%s\n", p->name, p->version, why);
		else
			printf("  * %s %s -> %s%s\n", p->name, was->version, p->version, why);
	}
}

/* ---- changing ---- */

int vz_change_compose(const struct vz_cli *cli, struct vz_store *store, const struct vz_composition_request *r,
		      struct vz_composition *ret, struct vz_plan **ret_plan, struct vz_err *err)
{
	struct vz_build_options o = build_options(cli);
	int rc;

	o.dry_run = ret_plan;
	rc = vz_composition_make(store, r, &o, ret, ret_plan, err);
	vz_terminal_end();
	return rc;
}

static int compose_and_move(const struct vz_cli *cli, struct vz_store *store, const struct vz_change *c,
			    struct vz_env_moved *ret, struct vz_err *err)
{
	auto_composition struct vz_composition to = {0};
	auto_env struct vz_env e = {0};
	const struct vz_env_move move = { .name = c->env, .to = &to, .reason = c->reason, .dry_run = cli->dry_run };

	/* also for a dry run: what it would do to files can be told only of what is there */
	if (vz_change_compose(cli, store, c->request, &to, NULL, err) < 0)
		return vz_err_wrap(err, "environment '%s'", c->env);
	if (vz_env_read(store, c->env, &e, err) < 0 || vz_composition_settle(store, &e.shows, &to, err) < 0)
		return -1;
	return vz_mover_move(c->mover, &move, ret, err);
}

int vz_change_env(const struct vz_cli *cli, struct vz_store *store, const struct vz_change *c, struct vz_json_moved *ret,
		  struct vz_err *err)
{
	auto_ids struct vz_ids ids = {0};
	struct timespec start;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = compose_and_move(cli, store, c, &ret->moved, err);
	if (rc < 0 && err->code == VZ_EXISTS && vz_mover_ids(c->mover)->n) {
		/* the private files have them, so it is the composition that gets others */
		vz_ids_merge(&ids, vz_mover_ids(c->mover));
		c->request->ids = &ids;
		rc = compose_and_move(cli, store, c, &ret->moved, err);
		c->request->ids = NULL;
	}
	if (rc < 0)
		return -1;
	ret->seconds = vz_seconds_since(&start);
	return 0;
}

/* ---- telling ---- */

struct side {
	struct vz_plan *plan;
	struct vz_tree *tree;
};

static void side_release(struct side *s)
{
	vz_plan_free(s->plan);
	vz_tree_free(s->tree);
}

static int side_read(const struct vz_store *store, const struct vz_composition *c, struct side *ret, struct vz_err *err)
{
	ret->plan = vz_change_plan_of(store, c, err);
	ret->tree = ret->plan ? vz_store_image_tree(store, &c->image, err) : NULL;
	return ret->tree ? 0 : -1;
}

static int print_difference(const struct vz_cli *cli, const struct vz_store *store, const struct vz_env_moved *m, struct vz_err *err)
{
	__attribute__((cleanup(side_release))) struct side before = {0}, now = {0};
	auto_difference struct vz_difference d = {0};

	if (side_read(store, &m->before.shows, &before, err) < 0 || side_read(store, &m->after.shows, &now, err) < 0)
		return -1;
	vz_difference_of(&(struct vz_difference_side){ before.plan, before.tree },
			 &(struct vz_difference_side){ now.plan, now.tree }, &d);
	vz_change_print_packages(&d.packages, now.plan);
	for (size_t i = 0; cli->verbose && i < d.n_files; i++) {
		vz_clean(d.files[i].path, VZ_CLEAN_LINE);
		printf("  %c %s\n", d.files[i].kind, d.files[i].path);
	}
	printf("  %zu packages; %zu files added, %zu removed, %zu changed\n", d.packages.n, d.added, d.removed, d.changed);
	return 0;
}

int vz_change_tell(const struct vz_cli *cli, const struct vz_store *store, const struct vz_json_moved *m, struct vz_err *err)
{
	const bool changed = m->moved.before.generation != m->moved.after.generation;

	vz_print_moved(cli, m);
	return changed && cli->dry_run && !cli->json && !cli->quiet ? print_difference(cli, store, &m->moved, err) : 0;
}
