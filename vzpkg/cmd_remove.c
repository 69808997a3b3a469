/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/env.h"
#include "store/reserve.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

static int report(const struct vz_cli *cli, const char *what, const char *name)
{
	if (cli->json)
		vz_json_pairs((const char *const[]){ cli->dry_run ? "would_remove" : "removed", what, "name", name, NULL });
	else if (!cli->quiet)
		printf("%s %s %s\n", cli->dry_run ? "would remove" : "removed", what, name);
	return 0;
}

int vz_cmd_remove_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_store struct vz_store *store = NULL;
	auto_free char *user = NULL;
	unsigned version;

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 1, err) < 0)
		return -1;
	/* alone, so that no environment is made from it meanwhile */
	store = vz_cli_store(cli, VZ_STORE_COLLECT, err);
	if (!store || vz_manifest_read(store, cli->args[0], &m, err) < 0)
		return -1;
	version = strchr(cli->args[0], '@') ? m.version : 0;
	if (vz_env_uses(store, m.name, version, &user)) {
		vz_err_set(err, VZ_BUSY, "template '%s' is in use by environment '%s'", cli->args[0], user);
		return vz_err_hint(err, "remove the environment first: 'vzpkg remove env %s'", user);
	}
	if (!cli->dry_run && (vz_reserve_spend(vz_store_fd(store), err) < 0 ||
			      vz_manifest_remove(store, m.name, version, err) < 0))
		return -1;
	return report(cli, "template", cli->args[0]);
}

int vz_cmd_remove_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env env = {0};

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	if (!cli->dry_run && vz_reserve_spend(vz_store_fd(store), err) < 0)
		return -1;
	/* one whose record is damaged can be removed too */
	if ((cli->dry_run ? vz_env_read(store, cli->args[0], &env, err) : vz_env_remove(store, cli->args[0], err)) < 0)
		return -1;
	return report(cli, "env", cli->args[0]);
}
