/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/env.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static void status_release(struct vz_json_status *s)
{
	vz_env_release(&s->env);
	vz_drift_release(&s->drift);
	vz_stale_release(&s->stale);
	vz_state_release(&s->state);
}

/* `ret` is to be released also after an error. */
static int look(struct vz_store *store, struct vz_trees *trees, const char *name, struct vz_json_status *ret,
		struct vz_err *err)
{
	if (vz_env_read(store, name, &ret->env, err) < 0 || vz_drift_find(trees, &ret->env, &ret->drift, err) < 0 ||
	    vz_env_private_bytes(store, name, &ret->private_bytes, err) < 0 || vz_state_look(store, name, &ret->state, err) < 0 ||
	    vz_env_stale(store, name, &ret->stale, err) < 0)
		return -1;
	ret->latest = vz_manifest_current(store, ret->env.shows.template_name);
	ret->outdated = ret->latest && ret->latest != ret->env.shows.template_version;
	return 0;
}

static void print_drift(const struct vz_drift *d)
{
	for (size_t i = 0; i < d->n; i++) {
		vz_clean(d->files[i].path, VZ_CLEAN_LINE);
		printf("  %-10s %s\n", vz_drift_name(d->files[i].kind), d->files[i].path);
	}
}

static void print_stale(const struct vz_stale *s)
{
	auto_free char *command = vz_strdup(s->command);
	char *file = s->files.v[0];

	vz_clean(command, VZ_CLEAN_LINE);
	vz_clean(file, VZ_CLEAN_LINE);
	if (s->files.n == 1)
		printf("  %s (%d) still uses the replaced file '%s'; restart it\n", command, s->pid, file);
	else
		printf("  %s (%d) still uses %zu replaced files, such as '%s'; restart it\n", command, s->pid, s->files.n, file);
}

static void print_status(const struct vz_cli *cli, const struct vz_json_status *s)
{
	auto_free char *ref = vz_printf("%s@%u", s->env.shows.template_name, s->env.shows.template_version);
	auto_free char *latest = s->outdated ? vz_printf("%u there", s->latest) : vz_strdup("current");
	char bytes[16], when[32];

	printf("%-24s %-32s %-10s %10u %10s  %s", s->env.name, ref, latest, s->env.generation,
	       vz_human_bytes(s->private_bytes, bytes), vz_state_word(&s->state));
	if (s->state.started)
		printf(" %s, process %ju", vz_human_time(s->state.what.since, when), (uintmax_t)s->state.what.pid);
	if (s->drift.n)
		printf(", %zu files differ", s->drift.n);
	putchar('\n');
	if (cli->verbose)
		print_drift(&s->drift);
	for (size_t i = 0; i < s->stale.n; i++)
		print_stale(&s->stale.v[i]);
}

int vz_cmd_status(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	char **names, **found = NULL;
	struct vz_json_status *list;
	auto_trees struct vz_trees trees = {0};
	bool differs = false;
	size_t n, read = 0;
	int rc = 0;

	if (vz_cli_parse(cli, argc, argv, NULL, 0, -1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	names = cli->args;
	n = (size_t)cli->n_args;
	if (!n) {
		names = found = vz_env_names(store, &n, err);
		if (!found)
			return -1;
	}
	list = vz_alloc((n + 1) * sizeof *list);
	trees.store = store;
	while (rc == 0 && read < n) {
		rc = look(store, &trees, names[read], &list[read], err);
		read++;
	}
	if (rc == 0 && cli->json)
		vz_json_status(list, n);
	else if (rc == 0 && n)
		printf("%-24s %-32s %-10s %10s %10s  %s\n", "ENVIRONMENT", "TEMPLATE", "VERSION", "GENERATION", "PRIVATE",
		       "STATE");
	for (size_t i = 0; i < read; i++) {
		differs |= list[i].outdated || list[i].drift.n;
		if (rc == 0 && !cli->json)
			print_status(cli, &list[i]);
		status_release(&list[i]);
	}
	free(list);
	vz_names_free(found, found ? n : 0);
	return rc < 0 ? -1 : differs ? VZ_DIFFERS : 0;
}
