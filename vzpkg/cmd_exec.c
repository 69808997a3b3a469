/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/wait.h>

#include "link/env.h"
#include "vzpkg/cli.h"

int vz_cmd_exec(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	int status = 0;

	if (vz_cli_parse(cli, argc, argv, NULL, 2, -1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	if (vz_env_exec(store, cli->args[0], (const char *const *)cli->args + 1, &status, err) < 0)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
