/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "link/env.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

int vz_cmd_mount(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env env = {0};
	auto_free char *where = NULL;

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || vz_env_read(store, cli->args[0], &env, err) < 0)
		return -1;
	if (cli->dry_run) {
		printf("would mount '%s'\n", cli->args[0]);
		return 0;
	}
	if (vz_env_mount(store, cli->args[0], cli->n_args > 1 ? cli->args[1] : NULL, &where, err) < 0)
		return -1;
	if (cli->json)
		vz_json_pairs((const char *const[]){ "env", cli->args[0], "mounted", where, NULL });
	else
		puts(where);
	return 0;
}

int vz_cmd_umount(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env env = {0};

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || vz_env_read(store, cli->args[0], &env, err) < 0)
		return -1;
	if (cli->dry_run) {
		printf("would unmount '%s'\n", cli->args[0]);
		return 0;
	}
	if (vz_env_umount(store, cli->args[0], err) < 0)
		return -1;
	if (cli->json)
		vz_json_pairs((const char *const[]){ "env", cli->args[0], "mounted", NULL, NULL });
	return 0;
}
