/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "link/env.h"
#include "resolver/ez.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static void print_row(const struct vz_json_listed *row)
{
	char size[16], when[32];

	printf("%-32s %7u%s %-4s %8llu %10s  %s\n", row->m.name, row->m.version, row->current ? "*" : " ", row->m.kind,
	       (unsigned long long)row->m.packages, vz_human_bytes(row->m.bytes, size), vz_human_time(row->m.created, when));
}

static void show_rows(const struct vz_cli *cli, struct vz_json_listed *rows, size_t n)
{
	if (cli->json)
		vz_json_templates(rows, n);
	else if (n)
		printf("%-32s %8s %-4s %8s %10s  %s\n", "TEMPLATE", "VERSION", "KIND", "PACKAGES", "SIZE", "CREATED");
	for (size_t i = 0; i < n; i++) {
		if (!cli->json)
			print_row(&rows[i]);
		vz_manifest_release(&rows[i].m);
	}
	free(rows);
}

static int list_templates(const struct vz_cli *cli, const struct vz_store *store, const char *kind, struct vz_err *err)
{
	struct vz_json_listed *rows;
	size_t n, kept = 0;
	char **names = vz_manifest_names(store, &n, err);
	int rc = names ? 0 : -1;

	if (!names)
		return -1;
	rows = vz_alloc((n + 1) * sizeof *rows);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct vz_manifest m = {0};

		rc = vz_manifest_read(store, names[i], &m, err);
		if (rc == 0 && (!kind || !strcmp(kind, m.kind)))
			rows[kept++] = (struct vz_json_listed){ m, true };
		else
			vz_manifest_release(&m);
	}
	vz_names_free(names, n);
	show_rows(cli, rows, rc == 0 ? kept : 0);
	return rc;
}

static int list_versions(const struct vz_cli *cli, const struct vz_store *store, const char *name, struct vz_err *err)
{
	unsigned current = vz_manifest_current(store, name), *versions;
	struct vz_json_listed *rows;
	size_t n = 0, kept = 0;
	int rc = 0;

	versions = vz_manifest_versions(store, name, &n, err);
	if (!versions)
		return -1;
	rows = vz_alloc((n + 1) * sizeof *rows);
	for (; rc == 0 && kept < n; kept += rc == 0) {
		auto_free char *ref = vz_printf("%s@%u", name, versions[kept]);

		rows[kept].current = versions[kept] == current;
		rc = vz_manifest_read(store, ref, &rows[kept].m, err);
	}
	free(versions);
	show_rows(cli, rows, rc == 0 ? kept : 0);
	return rc;
}

static void print_env(const struct vz_json_env *e)
{
	auto_free char *ref = vz_printf("%s@%u", e->env.shows.template_name, e->env.shows.template_version);

	printf("%-32s %-36s %10u  %s\n", e->env.name, ref, e->env.generation, vz_state_word(&e->state));
}

static int list_envs(const struct vz_cli *cli, const struct vz_store *store, struct vz_err *err)
{
	size_t n, kept = 0;
	char **names = vz_env_names(store, &n, err);
	struct vz_json_env *envs;
	int rc = 0;

	if (!names)
		return -1;
	envs = vz_alloc((n + 1) * sizeof *envs);
	for (; rc == 0 && kept < n; kept += rc == 0) {
		rc = vz_env_read(store, names[kept], &envs[kept].env, err);
		if (rc == 0)
			rc = vz_state_look(store, names[kept], &envs[kept].state, err);
	}
	if (rc == 0 && cli->json)
		vz_json_envs(envs, kept);
	else if (rc == 0 && kept)
		printf("%-32s %-36s %10s  %s\n", "ENVIRONMENT", "TEMPLATE", "GENERATION", "STATE");
	for (size_t i = 0; i < kept; i++) {
		if (rc == 0 && !cli->json)
			print_env(&envs[i]);
		vz_env_release(&envs[i].env);
		vz_state_release(&envs[i].state);
	}
	vz_names_free(names, n);
	free(envs);
	return rc;
}

/* `name` without -ez if it is a directory with an EZ template; else NULL. */
static char *ez_name(const char *dir, char *name)
{
	auto_free char *path = vz_printf("%s/%s", dir, name);
	size_t len = strlen(name);

	if (*name == '.' || !vz_ez_is(path))
		return NULL;
	if (len > 3 && !strcmp(name + len - 3, "-ez"))
		name[len - 3] = 0;
	return name;
}

/* Recipes on the recipe path; an earlier directory hides a later one's. */
static int list_available(const struct vz_cli *cli)
{
	auto_table struct vz_table seen = {0};
	char **names;

	for (size_t i = 0; i < cli->n_dirs; i++) {
		struct dirent **entries;
		int n = scandir(cli->recipe_dirs[i], &entries, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			char *dot = strrchr(entries[k]->d_name, '.');

			if (dot && !strcmp(dot, ".recipe"))
				*dot = 0;
			else
				dot = ez_name(cli->recipe_dirs[i], entries[k]->d_name);
			if (dot)
				vz_table_put(&seen, entries[k]->d_name, NULL);
			free(entries[k]);
		}
		if (n >= 0)
			free(entries);
	}
	names = vz_alloc((seen.n + 1) * sizeof *names);
	for (size_t i = 0; i < seen.n; i++)
		names[i] = seen.items[i].key;
	if (cli->json)
		vz_json_names(names, seen.n);
	for (size_t i = 0; !cli->json && i < seen.n; i++)
		puts(names[i]);
	free(names);
	return 0;
}

int vz_cmd_list(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool os = false, app = false, envs = false, available = false;
	const char *versions = NULL;
	const struct vz_option options[] = {
		{ .name = "os", .flag = &os },     { .name = "app", .flag = &app },           { .name = "envs", .flag = &envs },
		{ .name = "available", .flag = &available }, { .name = "versions", .value = &versions }, { 0 },
	};
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 0, 0, err) < 0)
		return -1;
	if (os + app + envs + available + !!versions > 1)
		return vz_err_set(err, VZ_USAGE, "--os, --app, --envs, --versions and --available exclude one another");
	if (available)
		return list_available(cli);
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	if (versions)
		return list_versions(cli, store, versions, err);
	if (envs)
		return list_envs(cli, store, err);
	if (list_templates(cli, store, os ? "os" : app ? "app" : NULL, err) < 0)
		return -1;
	return os || app || cli->json ? 0 : list_envs(cli, store, err);
}
