/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/env.h"
#include "link/runtime.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

/* Beside our own program, where that is not installed; else where it was installed to. */
char *vz_cli_console(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	auto_free char *beside = NULL;
	char *slash;

	exe[n > 0 ? n : 0] = 0;
	slash = strrchr(exe, '/');
	beside = slash ? vz_printf("%.*s/vzpkg-console", (int)(slash - exe), exe) : NULL;
	if (beside && access(beside, X_OK) == 0)
		return steal(&beside);
	return vz_strdup(VZ_LIBEXEC_DIR "/vzpkg-console");
}

static void print_started(const struct vz_cli *cli, const char *name, const struct vz_runtime_started *s)
{
	if (!cli->json && !cli->quiet)
		printf("%s: %s, process %ju\n", name, s->already ? "runs already" : "started", (uintmax_t)s->running.pid);
}

static int start_one(const struct vz_cli *cli, struct vz_store *store, const struct vz_runtime_start *how,
		     struct vz_json_started *ret, struct vz_err *err)
{
	auto_env struct vz_env e = {0};

	if (cli->dry_run) {
		if (vz_env_read(store, how->name, &e, err) < 0)
			return -1;
		if (!cli->json)
			printf("would start '%s'\n", how->name);
		ret->started.already = vz_running_look(store, how->name, &ret->started.running);
	} else if (vz_runtime_start(store, how, &ret->started, err) < 0) {
		return -1;
	} else {
		print_started(cli, how->name, &ret->started);
	}
	ret->env = vz_strdup(how->name);
	return 0;
}

/* Is it one that is to run? What cannot be read is for start_one() to tell. */
static bool is_wanted(const struct vz_store *store, const char *name)
{
	auto_settings struct vz_settings s = {0};
	struct vz_err unused;

	return vz_settings_read(store, name, &s, &unused) < 0 || s.started;
}

/* One that fails keeps none of the others from starting. */
static int start_all(const struct vz_cli *cli, struct vz_store *store, struct vz_runtime_start *how, struct vz_err *err)
{
	size_t n = 0, done = 0, failed = 0;
	char **names = vz_env_names(store, &n, err);
	struct vz_json_started *list;

	if (!names)
		return -1;
	list = vz_alloc((n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		struct vz_err why = {0};

		how->name = names[i];
		if (!is_wanted(store, names[i]))
			continue;
		if (start_one(cli, store, how, &list[done], &why) == 0) {
			done++;
			continue;
		}
		vz_report_note(&cli->report, "%s", why.msg);
		failed++;
	}
	if (cli->json && !failed)
		vz_json_started_all(list, done);
	for (size_t i = 0; i < done; i++) {
		vz_running_release(&list[i].started.running);
		free(list[i].env);
	}
	free(list);
	vz_names_free(names, n);
	return failed ? vz_err_set(err, VZ_FAILED, "%zu of %zu environments were not started", failed, failed + done) : 0;
}

int vz_cmd_start(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false, alone = false;
	const struct vz_option options[] = {
		{ .name = "all", .flag = &all }, { .name = "no-command", .flag = &alone }, { 0 },
	};
	auto_free char *console = vz_cli_console();
	auto_texts struct vz_texts command = {0};
	struct vz_runtime_start how = { .console = console, .report = &cli->report };
	struct vz_json_started one = {0};
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 0, -1, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either an environment or --all");
	if (alone && (all || cli->n_args > 1))
		return vz_err_set(err, VZ_USAGE, "--no-command excludes --all and a command");
	for (int i = 1; i < cli->n_args; i++)
		vz_texts_add(&command, cli->args[i]);
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	if (all)
		return start_all(cli, store, &how, err);
	how.name = cli->args[0];
	how.command = alone || command.n ? &command : NULL;
	if (start_one(cli, store, &how, &one, err) < 0)
		return -1;
	if (cli->json)
		vz_json_started(&one);
	vz_running_release(&one.started.running);
	free(one.env);
	return 0;
}
