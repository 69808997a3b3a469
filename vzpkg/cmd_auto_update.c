/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "builder/auto.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_auto.h"
#include "vzpkg/terminal.h"

static struct vz_recipe *recipe_of(void *ctx, const struct vz_manifest *m, struct vz_err *err)
{
	return vz_cli_recipe_of(ctx, m, err);
}

/* `text` NULL leaves `ret` as it is. */
static int parse_number(const char *text, const char *option, unsigned max, unsigned *ret, struct vz_err *err)
{
	uint64_t n;

	if (!text)
		return 0;
	if (!vz_number_parse(text, max, &n) || !n)
		return vz_err_set(err, VZ_USAGE, "'%s' for --%s is not a number from 1 to %u", text, option, max);
	*ret = (unsigned)n;
	return 0;
}

static unsigned count(const struct vz_auto_log *l, bool template, enum vz_auto_state state)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->events.n; i++) {
		struct vz_auto_event e;

		if (!vz_auto_event_read(l->events.v[i], &e))
			continue;
		n += e.template == template && e.state == state;
		vz_auto_event_release(&e);
	}
	return n;
}

/* What a dry run says of each. */
static void print_forecast(const struct vz_auto_log *l)
{
	static const char *const would[] = {
		[VZ_AUTO_SAME] = "would stay as it is", [VZ_AUTO_LEFT] = "would be left alone",
		[VZ_AUTO_FETCHED] = "packages would be fetched", [VZ_AUTO_BUILT] = "would be built as",
		[VZ_AUTO_HELD] = "would be held back", [VZ_AUTO_WITHDRAWN] = "would be withdrawn", [VZ_AUTO_TRIED] = "would be tried with",
		[VZ_AUTO_MOVED] = "would be moved to", [VZ_AUTO_BACK] = "would be moved back", [VZ_AUTO_FAILED] = "failed:",
	};

	for (size_t i = 0; i < l->events.n; i++) {
		struct vz_auto_event e;
		bool target;

		if (!vz_auto_event_read(l->events.v[i], &e))
			continue;
		target = e.state == VZ_AUTO_BUILT || e.state == VZ_AUTO_TRIED || e.state == VZ_AUTO_MOVED || e.state == VZ_AUTO_FAILED;
		printf("%s %s: %s%s%s\n", e.template ? "template" : "env", e.name, would[e.state], !*e.words ? "" : target ? " " : ": ",
		       e.words);
		vz_auto_event_release(&e);
	}
}

static void print_summary(const struct vz_cli *cli, const struct vz_auto_log *l)
{
	static const enum vz_auto_state told[] = {
		VZ_AUTO_BUILT, VZ_AUTO_FETCHED, VZ_AUTO_WITHDRAWN, VZ_AUTO_TRIED, VZ_AUTO_MOVED, VZ_AUTO_BACK, VZ_AUTO_HELD,
		VZ_AUTO_FAILED,
	};

	if (cli->quiet)
		return;
	if (cli->dry_run)
		print_forecast(l);
	for (int template = 1; template >= 0; template--) {
		printf("%s%s:", template ? "templates" : "environments", cli->dry_run ? " would be" : "");
		for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
			unsigned n = count(l, template, told[i]);

			if (n)
				printf(" %u %s,", n, vz_auto_state_name(told[i]));
		}
		printf(" %llu as before\n", template ? (unsigned long long)count(l, true, VZ_AUTO_SAME) : (unsigned long long)l->same);
	}
}

int vz_cmd_auto_update(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *jobs = NULL, *canary = NULL, *load = NULL;
	const struct vz_option options[] = {
		{ .name = "jobs", .value = &jobs }, { .name = "canary", .value = &canary }, { .name = "load", .value = &load }, { 0 },
	};
	struct vz_auto_options o = { .recipe_of = recipe_of, .ctx = cli, .report = &cli->report };
	auto_run_log struct vz_auto_log log = {0};
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 0, 0, err) < 0 || parse_number(jobs, "jobs", 64, &o.jobs, err) < 0 ||
	    parse_number(canary, "canary", 100, &o.canary, err) < 0 || parse_number(load, "load", 10000, &o.load, err) < 0)
		return -1;
	o.mirror_dirs = cli->mirror_dirs;
	o.offline = cli->offline;
	o.network = &cli->network;
	o.dry_run = cli->dry_run;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || vz_auto_run(store, &o, &log, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_auto_run(&log);
	else
		print_summary(cli, &log);
	return (int)log.code;
}
