/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "store/dump.h"
#include "store/manifest.h"
#include "vzpkg/cli.h"

int vz_cmd_dump(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_manifest struct vz_manifest m = {0};
	auto_tree struct vz_tree *tree = NULL;
	auto_buf struct vz_buf text = {0};

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || vz_manifest_read(store, cli->args[0], &m, err) < 0)
		return -1;
	tree = vz_manifest_tree(store, &m, err);
	if (!tree)
		return -1;
	vz_dump_write(tree, &text);
	return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : vz_err_sys(err, "write to standard output");
}
