/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "link/runtime.h"
#include "share/migrate.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

#define STOP_SECONDS 10

struct moving {
	struct vz_cli *cli;
	struct vz_store *store;
	const char *name;
};

static int stop(void *ctx, struct vz_err *err)
{
	const struct moving *m = ctx;
	const struct vz_runtime_stop how = { .name = m->name, .seconds = STOP_SECONDS };
	bool ran;

	return vz_runtime_stop(m->store, &how, &ran, err);
}

static int start(void *ctx, struct vz_err *err)
{
	const struct moving *m = ctx;
	auto_free char *console = vz_cli_console();
	const struct vz_runtime_start how = { .name = m->name, .console = console, .report = &m->cli->report };
	struct vz_runtime_started started = {0};
	int rc = vz_runtime_start(m->store, &how, &started, err);

	vz_running_release(&started.running);
	return rc;
}

static int check_free(struct vz_store *store, const char *name, bool runs, struct vz_err *err)
{
	if (vz_env_is_mounted(store, name)) {
		vz_err_set(err, VZ_BUSY, "environment '%s' is mounted", name);
		return vz_err_hint(err, "'vzpkg umount %s' first", name);
	}
	if (!runs && vz_env_is_running(store, name))
		return vz_err_set(err, VZ_BUSY, "a command runs in environment '%s'", name);
	return 0;
}

static void print(const struct vz_migrate *m)
{
	char sent[16];

	printf("%s: moved to '%s', %s sent", m->name, m->host, vz_human_bytes(m->sent, sent));
	if (m->stop)
		printf(", %s of it while it was stopped for %.1f s", vz_human_bytes(m->sent_stopped, sent), m->pause);
	putchar('\n');
}

static int move(struct vz_cli *cli, struct vz_migrate *m, bool keep, struct vz_err *err)
{
	if (cli->dry_run) {
		if (!cli->quiet && !cli->json)
			printf("%s: would be moved to '%s'\n", m->name, m->host);
		return 0;
	}
	if (vz_migrate(m, err) < 0 || (!keep && vz_env_remove(m->store, m->name, err) < 0))
		return vz_err_wrap(err, "move environment '%s'", m->name);
	vz_terminal_end();
	if (cli->json)
		vz_json_migrate(m);
	else if (!cli->quiet)
		print(m);
	return 0;
}

int vz_cmd_migrate(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	struct vz_migrate m = { .command = "vzpkg", .report = &cli->report };
	bool keep = false;
	const struct vz_option options[] = {
		{ .name = "keep", .flag = &keep }, { .name = "command", .value = &m.command }, { 0 },
	};
	struct moving moving = { .cli = cli };
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env e = {0};

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	m.name = moving.name = cli->args[0];
	m.host = cli->args[1];
	if (cli->offline)
		return vz_err_set(err, VZ_NETWORK, "'%s' would be needed, and --offline forbids the network", m.host);
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || vz_env_read(store, m.name, &e, err) < 0)
		return -1;
	m.store = moving.store = store;
	if (vz_running_look(store, m.name, NULL)) {
		m.stop = stop;
		m.start = start;
		m.ctx = &moving;
	}
	return check_free(store, m.name, m.stop, err) < 0 ? -1 : move(cli, &m, keep, err);
}
