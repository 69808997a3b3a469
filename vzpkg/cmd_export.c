/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "resolver/recipe_ez.h"
#include "store/manifest.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

/* What it is exported as. `run` gets the name as it was given, and where to write. */
struct format {
	const char *name;
	int (*run)(struct vz_cli *cli, const char *name, const char *to, struct vz_err *err);
};

/* A template's own recipe if it has one; else what `vzpkg create template` would take. */
static struct vz_recipe *recipe_of(const struct vz_cli *cli, const char *name, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_manifest struct vz_manifest m = {0};
	auto_free char *path = NULL;
	struct vz_err none = {0};

	if (!strchr(name, '/')) {
		store = vz_cli_store(cli, VZ_STORE_READ, err);
		if (!store)
			return NULL;
		if (vz_manifest_read(store, name, &m, &none) == 0)
			return vz_cli_recipe_of(cli, &m, err);
	}
	path = vz_recipe_find(name, cli->recipe_dirs, err);
	return path ? vz_cli_recipe(cli, path, err) : NULL;
}

static int export_ez(struct vz_cli *cli, const char *name, const char *to, struct vz_err *err)
{
	auto_recipe struct vz_recipe *recipe = recipe_of(cli, name, err);

	if (!recipe)
		return -1;
	if (!cli->dry_run && vz_recipe_ez_write(recipe, to, err) < 0)
		return -1;
	if (cli->json)
		vz_json_pairs((const char *const[]){ "name", recipe->name, "format", "ez", "to", to, NULL });
	else if (!cli->quiet)
		printf("%s: %s to '%s' as an EZ template\n", recipe->name, cli->dry_run ? "would be written" : "written", to);
	return 0;
}

static const struct format formats[] = {
	{ "ez", export_ez },
};
#define N_FORMATS (sizeof formats / sizeof *formats)

int vz_cmd_export(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *wanted = NULL;
	const struct vz_option options[] = { { .name = "format", .value = &wanted }, { 0 } };
	auto_buf struct vz_buf known = {0};

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	for (size_t i = 0; i < N_FORMATS; i++) {
		if (wanted && strcmp(formats[i].name, wanted) == 0)
			return formats[i].run(cli, cli->args[0], cli->args[1], err);
		vz_buf_printf(&known, "%s%s", i ? ", " : "", formats[i].name);
	}
	if (!wanted)
		return vz_err_set(err, VZ_USAGE, "'export' needs to know as what, expected --format %s", known.data);
	return vz_err_set(err, VZ_USAGE, "format '%s', expected %s", wanted, known.data);
}
