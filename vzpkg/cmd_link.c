/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "builder/seal.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

/* Fills `ret`, whose name stays the caller's. */
static int link_one(const struct vz_cli *cli, struct vz_store *store, const char *name, struct vz_linked *ret, struct vz_err *err)
{
	struct vz_seal seal = { .store = store, .name = name };

	ret->env = name;
	if (vz_env_private_bytes(store, name, &ret->before, err) < 0)
		return -1;
	if (!cli->dry_run && vz_seal(&seal, err) < 0)
		return -1;
	ret->files = seal.files;
	ret->new_bytes = seal.new_bytes;
	return vz_env_private_bytes(store, name, &ret->after, err);
}

static void print(const struct vz_cli *cli, const struct vz_linked *l)
{
	char before[16], after[16], fresh[16];

	if (cli->dry_run)
		printf("%s: has %s that could be shared\n", l->env, vz_human_bytes(l->before, before));
	else
		printf("%s: %llu files, %s private now, %s before; %s new in the store\n", l->env, (unsigned long long)l->files,
		       vz_human_bytes(l->after, after), vz_human_bytes(l->before, before), vz_human_bytes(l->new_bytes, fresh));
}

/* Of all, those that are in use are left alone. */
static int link_list(struct vz_cli *cli, struct vz_store *store, char **names, size_t n, bool all, struct vz_err *err)
{
	auto_free struct vz_linked *list = vz_alloc((n + 1) * sizeof *list);
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		if (link_one(cli, store, names[i], &list[done], err) == 0) {
			if (!cli->json && !cli->quiet)
				print(cli, &list[done]);
			done++;
		} else if (all && err->code == VZ_BUSY) {
			vz_report_note(&cli->report, "%s: left as it is", err->msg);
		} else {
			return -1;
		}
	}
	if (cli->json)
		vz_json_linked(list, done);
	return 0;
}

int vz_cmd_link(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false;
	const struct vz_option options[] = { { .name = "all", .flag = &all }, { 0 } };
	auto_store struct vz_store *store = NULL;
	size_t n = 0;
	char **names;
	int rc;

	if (vz_cli_parse(cli, argc, argv, options, 0, -1, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either environments or --all");
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	if (!all)
		return link_list(cli, store, cli->args, (size_t)cli->n_args, false, err);
	names = vz_env_names(store, &n, err);
	if (!names)
		return -1;
	rc = link_list(cli, store, names, n, true, err);
	vz_names_free(names, n);
	return rc;
}
