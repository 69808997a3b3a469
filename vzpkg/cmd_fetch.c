/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "builder/build.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_auto.h"
#include "vzpkg/terminal.h"

static int fetch(const struct vz_cli *cli, struct vz_store *store, const char *name, struct vz_json_fetched *ret, struct vz_err *err)
{
	__attribute__((cleanup(vz_build_result_release))) struct vz_build_result result = {0};
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *recipe = NULL;
	const struct vz_build_options build = {
		.mirror_dirs = cli->mirror_dirs, .offline = cli->offline, .network = &cli->network, .dry_run = cli->dry_run, .only_if_changed = true,
		.fetch_only = true, .report = &cli->report,
	};

	if (vz_manifest_read(store, name, &m, err) < 0)
		return -1;
	recipe = vz_cli_recipe_of(cli, &m, err);
	if (!recipe || vz_build(store, recipe, &build, &result, err) < 0)
		return vz_err_wrap(err, "template '%s'", name);
	*ret = (struct vz_json_fetched){ vz_strdup(name), result.fetched, result.fetched_bytes, result.changed };
	return 0;
}

static void print_fetched(const struct vz_cli *cli, const struct vz_json_fetched *f)
{
	char bytes[16];

	vz_terminal_end();
	if (cli->json || cli->quiet)
		return;
	if (!f->changed)
		printf("%s: nothing to update\n", f->name);
	else if (cli->dry_run)
		printf("%s: would be updated\n", f->name);
	else
		printf("%s: %zu packages fetched, %s\n", f->name, f->packages, vz_human_bytes(f->bytes, bytes));
}

int vz_cmd_fetch(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false;
	const struct vz_option options[] = { { .name = "all", .flag = &all }, { 0 } };
	auto_store struct vz_store *store = NULL;
	struct vz_json_fetched *list;
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
	if (all && !(names = found = vz_manifest_names(store, &n, err)))
		return -1;
	list = vz_alloc((n + 1) * sizeof *list);
	for (; done < n && rc == 0; done += rc == 0) {
		rc = fetch(cli, store, names[done], &list[done], err);
		if (rc == 0)
			print_fetched(cli, &list[done]);
	}
	if (rc == 0 && cli->json)
		vz_json_fetched(list, done);
	for (size_t i = 0; i < done; i++)
		free(list[i].name);
	free(list);
	vz_names_free(found, found ? n : 0);
	return rc;
}
