/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <time.h>

#include "builder/seal.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

static double seconds_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

static int make(struct vz_cli *cli, struct vz_store *store, struct vz_err *err)
{
	struct vz_seal seal = { .store = store, .name = cli->args[0] };
	auto_env struct vz_env new = {0};
	struct timespec begun;
	char bytes[16];
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	/* of one in use, what is private is copied instead */
	if (vz_seal(&seal, err) < 0 && err->code != VZ_BUSY)
		return -1;
	if (vz_env_clone(store, cli->args[0], cli->args[1], &new, err) < 0)
		return -1;
	seconds = seconds_since(&begun);
	if (cli->json)
		vz_json_clone(&new, cli->args[0], &seal, seconds);
	else if (!cli->quiet)
		printf("%s: a clone of '%s'; %llu files, %s, were sealed for both, in %.3f s\n", new.name, cli->args[0],
		       (unsigned long long)seal.files, vz_human_bytes(seal.bytes, bytes), seconds);
	return 0;
}

int vz_cmd_clone(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env from = {0}, there = {0};

	if (vz_cli_parse(cli, argc, argv, NULL, 2, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || vz_env_read(store, cli->args[0], &from, err) < 0)
		return -1;
	if (vz_env_read(store, cli->args[1], &there, err) == 0)
		return vz_err_set(err, VZ_EXISTS, "environment '%s' exists already", cli->args[1]);
	if (!cli->dry_run)
		return make(cli, store, err);
	if (cli->json)
		vz_json_clone(&from, cli->args[0], NULL, 0);
	else if (!cli->quiet)
		printf("%s: would be a clone of '%s'\n", cli->args[1], cli->args[0]);
	return 0;
}
