/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "resolver/recipe_ez.h"
#include "share/application.h"
#include "share/export.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

/* What it is exported as: the recipe, or the files. */
struct format {
	const char *name;
	int (*recipe)(struct vz_cli *cli, const char *name, const char *to, struct vz_err *err);
	int (*write)(struct vz_export *e, struct vz_err *err);
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

/* A captured application's names its packages, which its own does not. */
static int recipe_text(const struct vz_cli *cli, const char *name, struct vz_buf *ret, struct vz_err *err)
{
	auto_store struct vz_store *store = vz_cli_store(cli, VZ_STORE_READ, err);
	auto_manifest struct vz_manifest m = {0};

	if (!store || vz_manifest_read(store, name, &m, err) < 0)
		return -1;
	if (strcmp(m.kind, "app") == 0 && m.files)
		return vz_application_recipe(store, &m, ret, err);
	vz_buf_puts(ret, m.recipe);
	return 0;
}

static int export_recipe(struct vz_cli *cli, const char *name, const char *to, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_fd int fd = -1;

	if (recipe_text(cli, name, &text, err) < 0)
		return -1;
	if (!cli->dry_run) {
		fd = vz_open(AT_FDCWD, to, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
		if (fd < 0 || vz_write_fd(fd, text.data, text.len, err) < 0)
			return -1;
	}
	if (cli->json)
		vz_json_pairs((const char *const[]){ "name", name, "format", "recipe", "to", to, NULL });
	else if (!cli->quiet)
		printf("%s: %s to '%s' as a recipe\n", name, cli->dry_run ? "would be written" : "written", to);
	return 0;
}

static const struct format formats[] = {
	{ "oci", NULL, vz_export_oci },
	{ "tar", NULL, vz_export_tar },
	{ "composefs", NULL, vz_export_composefs },
	{ "ez", export_ez, NULL },
	{ "recipe", export_recipe, NULL },
};
#define N_FORMATS (sizeof formats / sizeof *formats)

static const struct format *format_of(const char *wanted, struct vz_err *err)
{
	auto_buf struct vz_buf known = {0};

	for (size_t i = 0; i < N_FORMATS; i++) {
		if (wanted && strcmp(formats[i].name, wanted) == 0)
			return &formats[i];
		vz_buf_printf(&known, "%s%s", i ? ", " : "", formats[i].name);
	}
	if (!wanted)
		vz_err_set(err, VZ_USAGE, "'export' needs to know as what, expected --format %s", known.data);
	else
		vz_err_set(err, VZ_USAGE, "format '%s', expected %s", wanted, known.data);
	return NULL;
}

static int export_files(struct vz_cli *cli, const struct format *format, enum vz_packing packing, struct vz_err *err)
{
	auto_store struct vz_store *store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	auto_subject struct vz_subject subject = {0};
	struct vz_export e = {
		.store = store, .subject = &subject, .path = cli->args[1], .packing = packing, .report = &cli->report,
	};
	char size[16];

	if (!store || vz_subject_open(store, cli->args[0], &subject, err) < 0)
		return -1;
	if (!cli->dry_run && format->write(&e, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_export(&e, format->name);
	else if (cli->dry_run)
		printf("%s@%u: would be written to '%s'\n", subject.manifest.name, subject.manifest.version, e.path);
	else if (!cli->quiet)
		printf("%s@%u: %s written to '%s', digest %s\n", subject.manifest.name, subject.manifest.version,
		       vz_human_bytes(e.size, size), e.path, e.digest);
	return 0;
}

int vz_cmd_export(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *wanted = NULL, *compress = NULL;
	const struct vz_option options[] = {
		{ .name = "format", .value = &wanted }, { .name = "compress", .value = &compress }, { 0 },
	};
	enum vz_packing packing = VZ_PACKING_GZIP;
	const struct format *format;

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	format = format_of(wanted, err);
	if (!format || (compress && vz_packing_parse(compress, &packing, err) < 0))
		return -1;
	if (compress && format->write != vz_export_oci)
		return vz_err_set(err, VZ_USAGE, "--compress is for --format oci; a tar is compressed as its name ends");
	return format->write ? export_files(cli, format, packing, err) : format->recipe(cli, cli->args[0], cli->args[1], err);
}
