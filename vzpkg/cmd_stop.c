/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "link/env.h"
#include "link/runtime.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

#define USUAL_SECONDS 10
#define MAX_SECONDS 86400

static int parse_seconds(const char *text, unsigned *ret, struct vz_err *err)
{
	uint64_t n;

	if (!vz_number_parse(text, MAX_SECONDS, &n))
		return vz_err_set(err, VZ_USAGE, "'%s' is not a number of seconds, at most %d", text, MAX_SECONDS);
	*ret = (unsigned)n;
	return 0;
}

static int stop_one(const struct vz_cli *cli, struct vz_store *store, const struct vz_runtime_stop *how,
		    struct vz_json_stopped *ret, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	bool ran = false;

	ret->env = how->name;
	if (vz_env_read(store, how->name, &e, err) < 0)
		return -1;
	if (cli->dry_run) {
		if (!cli->json && ret->ran)
			printf("would stop '%s'\n", how->name);
		return 0;
	}
	if (vz_runtime_stop(store, how, &ran, err) < 0)
		return -1;
	ret->ran |= ran;
	if (!cli->json && !cli->quiet)
		printf("%s: %s\n", how->name, ret->ran ? "stopped" : "did not run");
	return 0;
}

static int stop_list(const struct vz_cli *cli, struct vz_store *store, struct vz_runtime_stop *how, char **names,
		     struct vz_err *err)
{
	struct vz_json_stopped *list;
	size_t n = 0, done = 0;
	int rc = 0;

	while (names[n])
		n++;
	list = vz_alloc((n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++)
		list[i].ran = vz_running_look(store, names[i], NULL);
	/* all of them use the same time to end */
	for (size_t i = 0; i < n && !cli->dry_run; i++)
		vz_runtime_tell(store, names[i]);
	for (; done < n && rc == 0; done += rc == 0) {
		how->name = names[done];
		rc = stop_one(cli, store, how, &list[done], err);
	}
	if (rc == 0 && cli->json && n == 1 && !how->remember)
		vz_json_stopped(list);
	else if (rc == 0 && cli->json)
		vz_json_stopped_all(list, n);
	free(list);
	return rc;
}

/* What runs of all, and what is left of what did. */
static int stop_all(const struct vz_cli *cli, struct vz_store *store, struct vz_runtime_stop *how, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_env_names(store, &n, err);
	int rc;

	if (!names)
		return -1;
	names = vz_realloc(names, n + 1, sizeof *names);
	names[n] = NULL;
	rc = stop_list(cli, store, how, names, err);
	vz_names_free(names, n);
	return rc;
}

int vz_cmd_stop(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false;
	const char *seconds = NULL;
	const struct vz_option options[] = {
		{ .name = "all", .flag = &all }, { .name = "time", .value = &seconds }, { 0 },
	};
	struct vz_runtime_stop how = { .seconds = USUAL_SECONDS };
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 0, -1, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either environments or --all");
	if (seconds && parse_seconds(seconds, &how.seconds, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	how.remember = all;
	return all ? stop_all(cli, store, &how, err) : stop_list(cli, store, &how, cli->args, err);
}
