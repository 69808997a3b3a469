/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "base/fd.h"
#include "link/env.h"
#include "link/runtime.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static const char *const keys[] = { "cpus", "memory", "pids", "io-weight", "follow", "hostname" };
#define N_KEYS (sizeof keys / sizeof *keys)

static void print_count(const char *what, uint64_t n)
{
	if (n)
		printf("%-10s %ju\n", what, (uintmax_t)n);
	else
		printf("%-10s none\n", what);
}

static void print_settings(const char *env, const struct vz_settings *s)
{
	char bytes[16];

	if (s->cpus > 0)
		printf("cpus       %g\n", s->cpus);
	else
		printf("cpus       none\n");
	printf("memory     %s\n", s->memory ? vz_human_bytes(s->memory, bytes) : "none");
	print_count("pids", s->pids);
	print_count("io-weight", s->io_weight);
	printf("follow     %s\nhostname   %s\nstarted    %s\n", s->stay ? "no" : "yes", s->hostname ? s->hostname : env,
	       s->started ? "yes" : "no");
	for (size_t i = 0; i < s->command.n; i++) {
		vz_clean(s->command.v[i], VZ_CLEAN_LINE);
		printf("%s%s%s", i ? " " : "command    ", s->command.v[i], i + 1 < s->command.n ? "" : "\n");
	}
}

static int change(struct vz_settings *s, const char *const *values, bool *ret_any, struct vz_err *err)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (values[i] && vz_settings_set(s, keys[i], values[i], err) < 0)
			return -1;
		*ret_any |= values[i] != NULL;
	}
	return 0;
}

int vz_cmd_set(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *values[N_KEYS] = {0};
	struct vz_option options[N_KEYS + 1] = {0};
	auto_settings struct vz_settings settings = {0};
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env env = {0};
	auto_fd int lock = -1;
	bool any = false;

	for (size_t i = 0; i < N_KEYS; i++)
		options[i] = (struct vz_option){ .name = keys[i], .value = &values[i] };
	if (vz_cli_parse(cli, argc, argv, options, 1, 1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || vz_env_read(store, cli->args[0], &env, err) < 0)
		return -1;
	lock = vz_store_lock(store, "env", env.name, true, err);
	if (lock < 0 || vz_settings_read(store, env.name, &settings, err) < 0 || change(&settings, values, &any, err) < 0)
		return -1;
	if (any && !cli->dry_run && (vz_runtime_limit(store, env.name, &settings, &cli->report, err) < 0 ||
				     vz_settings_write(store, env.name, &settings, err) < 0))
		return -1;
	if (cli->json)
		vz_json_settings(env.name, &settings);
	else if (!any || cli->dry_run)
		print_settings(env.name, &settings);
	return 0;
}
