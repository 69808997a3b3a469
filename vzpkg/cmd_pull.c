/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "share/artifact.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

static void print(const struct vz_pull *p, const char *from)
{
	char fetched[16];

	if (!p->dry_run)
		vz_print_arrived(&p->manifest, p->changed, false);
	printf("%s %s fetched from '%s'\n", vz_human_bytes(p->fetched, fetched), p->dry_run ? "would be" : "were", from);
}

int vz_cmd_pull(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	struct vz_registry_options options = { .access = VZ_REGISTRY_PULL, .report = &cli->report };
	__attribute__((cleanup(vz_pull_release))) struct vz_pull pull = { .report = &cli->report };
	bool is_unsigned = false;
	const struct vz_option own[] = {
		{ .name = "key", .value = &pull.key }, { .name = "unsigned", .flag = &is_unsigned },
		{ .name = "name", .value = &pull.name }, { .name = "plain-http", .flag = &options.plain_http }, { 0 },
	};
	auto_registry_name struct vz_registry_name from = {0};
	auto_registry struct vz_registry *registry = NULL;
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, own, 1, 1, err) < 0 || vz_registry_name_parse(cli->args[0], &from, err) < 0)
		return -1;
	if (!pull.key == !is_unsigned)
		return vz_err_set(err, VZ_USAGE, "'pull' needs to know whose signature counts: --key FILE, or --unsigned for nobody's");
	options.offline = cli->offline;
	options.network = &cli->network;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	registry = store ? vz_registry_open(&from, &options, err) : NULL;
	if (!registry)
		return -1;
	pull.store = store;
	pull.registry = registry;
	pull.from = &from;
	pull.dry_run = cli->dry_run;
	if (vz_pull(&pull, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_pull(&pull, cli->args[0]);
	else if (!cli->quiet)
		print(&pull, cli->args[0]);
	return 0;
}
