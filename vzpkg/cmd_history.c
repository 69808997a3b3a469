/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "link/env.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static void print_generation(const struct vz_env *e, bool current)
{
	auto_free char *ref = vz_printf("%s@%u", e->shows.template_name, e->shows.template_version);
	char when[32];

	printf("%10u%s %-36s %-17s %s\n", e->generation, current ? "*" : " ", ref, vz_human_time(e->since, when), e->reason);
}

int vz_cmd_history(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_free unsigned *numbers = NULL;
	auto_env struct vz_env now = {0};
	struct vz_env *list;
	size_t n = 0, read = 0;
	int rc = 0;

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 1, err) < 0)
		return -1;
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
