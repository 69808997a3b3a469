/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "builder/auto_log.h"
#include "link/env.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/json_auto.h"
#include "vzpkg/terminal.h"

static void print_generation(const struct vz_env *e, bool current)
{
	auto_free char *ref = vz_printf("%s@%u", e->shows.template_name, e->shows.template_version);
	char when[32];

	printf("%10u%s %-36s %-17s %s\n", e->generation, current ? "*" : " ", ref, vz_human_time(e->since, when), e->reason);
}

static int generations(const struct vz_cli *cli, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_free unsigned *numbers = NULL;
	auto_env struct vz_env now = {0};
	struct vz_env *list;
	size_t n = 0, read = 0;
	int rc = 0;

	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || vz_env_read(store, cli->args[0], &now, err) < 0)
		return -1;
	numbers = vz_env_generations(store, cli->args[0], &n, err);
	if (!numbers)
		return -1;
	list = vz_alloc((n + 1) * sizeof *list);
	for (; rc == 0 && read < n; read += rc == 0)
		rc = vz_env_generation(store, cli->args[0], numbers[read], &list[read], err);
	if (rc == 0 && cli->json)
		vz_json_history(list, n, now.generation);
	else if (rc == 0)
		printf("%10s  %-36s %-17s %s\n", "GENERATION", "TEMPLATE", "SINCE", "WHY");
	for (size_t i = 0; i < read; i++) {
		if (rc == 0 && !cli->json)
			print_generation(&list[i], list[i].generation == now.generation);
		vz_env_release(&list[i]);
	}
	free(list);
	return rc;
}

static void print_run(const struct vz_auto_log *l)
{
	char when[32];

	printf("%s  ", vz_human_time(l->started, when));
	if (l->ended)
		printf("ended with %u after %lld s, %llu environments as they were\n", l->code, (long long)(l->ended - l->started),
		       (unsigned long long)l->same);
	else
		puts("under way, or cut off");
	for (size_t i = 0; i < l->events.n; i++)
		printf("  %s\n", l->events.v[i]);
}

static int scheduled(const struct vz_cli *cli, struct vz_err *err)
{
	auto_store struct vz_store *store = vz_cli_store(cli, VZ_STORE_READ, err);
	struct vz_auto_log *runs;
	size_t n = 0;

	runs = store ? vz_auto_log_read_all(store, &n, err) : NULL;
	if (!runs)
		return -1;
	if (cli->json)
		vz_json_auto_runs(runs, n);
	for (size_t i = 0; i < n; i++) {
		if (!cli->json)
			print_run(&runs[i]);
		vz_auto_log_release(&runs[i]);
	}
	free(runs);
	return 0;
}

int vz_cmd_history(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool automatic = false;
	const struct vz_option options[] = { { .name = "auto", .flag = &automatic }, { 0 } };

	if (vz_cli_parse(cli, argc, argv, options, 0, 1, err) < 0)
		return -1;
	if (automatic == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either an environment or --auto");
	return automatic ? scheduled(cli, err) : generations(cli, err);
}
