/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builder/build.h"
#include "link/env.h"
#include "vzpkg/change.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/moved.h"
#include "vzpkg/terminal.h"

struct vz_recipe *vz_cli_recipe_of(const struct vz_cli *cli, const struct vz_manifest *m, struct vz_err *err)
{
	auto_free char *path = NULL;
	struct vz_err ignored = {0};

	if (m->recipe_path && access(m->recipe_path, R_OK) == 0)
		path = vz_strdup(m->recipe_path);
	else
		path = vz_recipe_find(m->name, cli->recipe_dirs, &ignored);
	if (path)
		return vz_cli_recipe(cli, path, err);
	vz_err_set(err, VZ_NOTFOUND, "the recipe of template '%s' is gone: '%s'", m->name, m->recipe_path ? m->recipe_path : "");
	vz_err_hint(err, "put it back, or build from another with 'vzpkg create template'");
	return NULL;
}

static int print_preview(const struct vz_manifest *before, const struct vz_plan *now, struct vz_err *err)
{
	auto_plan struct vz_plan *old = vz_plan_read(before->lock, strlen(before->lock), "lock", err);
	auto_plan_changes struct vz_plan_changes changes = {0};

	if (!old)
		return -1;
	vz_plan_compare(old, now, &changes);
	vz_terminal_end();
	vz_change_print_packages(&changes, now);
	return 0;
}

static int update(const struct vz_cli *cli, struct vz_store *store, const char *name, bool security, struct vz_json_update *ret,
		  struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *recipe = NULL;
	__attribute__((cleanup(vz_build_result_release))) struct vz_build_result result = {0};
	struct vz_build_options build = {
		.mirror_dirs = cli->mirror_dirs,
		.offline = cli->offline,
		.network = &cli->network,
		.dry_run = cli->dry_run,
		.only_if_changed = true,
		.security = security,
		.report = &cli->report,
	};

	if (vz_manifest_read(store, name, &m, err) < 0)
		return -1;
	recipe = vz_cli_recipe_of(cli, &m, err);
	if (!recipe || vz_build(store, recipe, &build, &result, err) < 0)
		return vz_err_wrap(err, "template '%s'", name);
	if (cli->dry_run && result.changed && !cli->json && !cli->quiet && print_preview(&m, result.plan, err) < 0)
		return -1;
	*ret = (struct vz_json_update){ vz_strdup(name), m.version, m.version, result.changed, result.held };
	if (!cli->dry_run)
		ret->now = result.manifest.version;
	/* somebody else built meanwhile what we were about to */
	if (!result.changed)
		ret->old = ret->now;
	return 0;
}

static void print_update(const struct vz_cli *cli, const struct vz_json_update *u)
{
	vz_terminal_end();
	if (cli->json || cli->quiet)
		return;
	if (u->held)
		printf("%s@%u: stays; what it would get failed a health check\n", u->name, u->old);
	else if (!u->changed)
		printf("%s@%u: unchanged\n", u->name, u->old);
	else if (cli->dry_run)
		printf("%s@%u: would get a new version\n", u->name, u->old);
	else
		printf("%s: %u -> %u\n", u->name, u->old, u->now);
}

int vz_cmd_update_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false, security = false;
	const struct vz_option options[] = { { .name = "all", .flag = &all }, { .name = "security", .flag = &security }, { 0 } };
	auto_store struct vz_store *store = NULL;
	struct vz_json_update *updates;
	char **names, **found = NULL;
	size_t n, done = 0;
	int rc = 0;

	if (vz_cli_parse(cli, argc, argv, options, 0, -1, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either names or --all");
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	names = cli->args;
	n = (size_t)cli->n_args;
	if (all) {
		names = found = vz_manifest_names(store, &n, err);
		if (!found)
			return -1;
	}
	updates = vz_alloc((n + 1) * sizeof *updates);
	for (; done < n && rc == 0; done += rc == 0) {
		rc = update(cli, store, names[done], security, &updates[done], err);
		if (rc == 0)
			print_update(cli, &updates[done]);
	}
	if (rc == 0 && cli->json)
		vz_json_updates(updates, done);
	for (size_t i = 0; i < done; i++)
		free(updates[i].name);
	free(updates);
	if (found) {
		vz_names_free(found, n);
	}
	return rc;
}

struct updating {
	const struct vz_cli *cli;
	struct vz_store *store;
	struct vz_mover *mover;
	bool security;
};

/* To what its template and applications are now, and their packages in the repositories; or only to what security asks for. */
static int move_env(const struct updating *u, const char *name, struct vz_json_moved *ret, struct vz_err *err)
{
	__attribute__((cleanup(vz_composition_request_release))) struct vz_composition_request request = {0};
	const struct vz_change c = { name, &request, u->security ? "update --security" : "update", u->mover };
	auto_free char *template = NULL;
	auto_env struct vz_env e = {0};

	if (vz_env_read(u->store, name, &e, err) < 0)
		return -1;
	vz_composition_request_of(&e.shows, &request);
	for (size_t i = 0; !u->security && i < request.apps.n; i++)
		request.apps.v[i][strcspn(request.apps.v[i], "@")] = 0;
	template = vz_printf("%s@%u", e.shows.template_name, e.shows.template_version);
	request.template = u->security ? template : e.shows.template_name;
	request.from = u->security ? &e.shows : NULL;
	request.security = u->security;
	request.fresh = true;
	return vz_change_env(u->cli, u->store, &c, ret, err);
}

int vz_cmd_update_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false, security = false;
	const struct vz_option options[] = { { .name = "all", .flag = &all }, { .name = "security", .flag = &security }, { 0 } };
	auto_store struct vz_store *store = NULL;
	auto_mover struct vz_mover *mover = NULL;
	struct vz_json_moved *moved;
	char **names, **found = NULL;
	size_t n, done = 0;
	int rc = 0;

	if (vz_cli_parse(cli, argc, argv, options, 0, -1, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either names or --all");
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	names = cli->args;
	n = (size_t)cli->n_args;
	if (all) {
		names = found = vz_env_names(store, &n, err);
		if (!found)
			return -1;
	}
	moved = vz_alloc((n + 1) * sizeof *moved);
	mover = vz_mover_new(store, &cli->report);
	for (; done < n && rc == 0; done += rc == 0) {
		rc = move_env(&(struct updating){ cli, store, mover, security }, names[done], &moved[done], err);
		if (rc == 0)
			rc = vz_change_tell(cli, store, &moved[done], err);
	}
	if (rc == 0 && cli->json && !all && done == 1)
		vz_json_moved_one(moved);
	else if (rc == 0 && cli->json)
		vz_json_moved(moved, done);
	for (size_t i = 0; i < done; i++)
		vz_env_moved_release(&moved[i].moved);
	free(moved);
	vz_names_free(found, found ? n : 0);
	return rc;
}
