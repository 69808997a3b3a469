/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "share/backup.h"
#include "share/target.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

int vz_cmd_backup(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_target struct vz_target target = { .fd = -1 };
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env e = {0};
	struct vz_backup b = { .report = &cli->report };
	char size[16];

	if (vz_cli_parse(cli, argc, argv, NULL, 2, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || vz_env_read(store, cli->args[0], &e, err) < 0)
		return -1;
	b.store = store;
	b.name = cli->args[0];
	if (!cli->dry_run) {
		if (vz_target_begin(cli->args[1], VZ_TARGET_FILE, &target, err) < 0)
			return -1;
		b.fd = target.fd;
		if (vz_backup(&b, err) < 0 || vz_target_end(&target, err) < 0)
			return vz_err_wrap(err, "back up environment '%s'", b.name);
	}
	vz_terminal_end();
	if (cli->json)
		vz_json_backup(&b, &e, cli->args[1]);
	else if (cli->dry_run && !cli->quiet)
		printf("%s: would be written to '%s'\n", b.name, cli->args[1]);
	else if (!cli->quiet)
		printf("%s: %llu private files, %s, written to '%s'\n", b.name, (unsigned long long)b.files,
		       vz_human_bytes(b.size, size), cli->args[1]);
	return 0;
}
