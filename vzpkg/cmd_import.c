/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "share/import.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

int vz_cmd_import(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *name = NULL;
	const struct vz_option options[] = { { .name = "name", .value = &name }, { 0 } };
	auto_store struct vz_store *store = NULL;
	__attribute__((cleanup(vz_import_release))) struct vz_import import = { .report = &cli->report };

	if (vz_cli_parse(cli, argc, argv, options, 1, 1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	import.store = store;
	import.path = cli->args[0];
	import.name = name;
	import.dry_run = cli->dry_run;
	if (vz_import(&import, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_arrived(&import.manifest, import.changed);
	else if (!cli->quiet)
		vz_print_arrived(&import.manifest, import.changed, cli->dry_run);
	return 0;
}
