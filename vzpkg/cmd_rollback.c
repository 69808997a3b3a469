/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/number.h"
#include "link/env.h"
#include "store/manifest.h"
#include "store/verdict.h"
#include "vzpkg/change.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/moved.h"

/* The version before `current` among those that are kept; 0 if there is none. */
static unsigned version_before(const struct vz_store *store, const char *name, unsigned current, struct vz_err *err)
{
	unsigned best = 0, *versions;
	size_t n;

	versions = vz_manifest_versions(store, name, &n, err);
	for (size_t i = 0; versions && i < n; i++)
		if (versions[i] < current)
			best = versions[i];
	free(versions);
	return best;
}

/* Who makes a version current that failed a health check knows better. */
static int forget_verdict(struct vz_store *store, const char *name, unsigned version, struct vz_err *err)
{
	auto_free char *ref = vz_printf("%s@%u", name, version);
	auto_manifest struct vz_manifest m = {0};

	return vz_manifest_read(store, ref, &m, err) < 0 ? -1 : vz_verdict_forget(store, &m.image, err);
}

static int parse_number(const char *text, unsigned *ret, struct vz_err *err)
{
	uint64_t n = 0;

	if (!vz_number_parse(text, UINT32_MAX, &n) || !n)
		return vz_err_set(err, VZ_USAGE, "'%s' is not a number of a version or generation", text);
	*ret = (unsigned)n;
	return 0;
}

int vz_cmd_rollback_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_store struct vz_store *store = NULL;
	auto_fd int lock = -1;
	unsigned current, target = 0;
	const char *name;

	if (vz_cli_parse(cli, argc, argv, NULL, 1, 2, err) < 0)
		return -1;
	name = cli->args[0];
	if (cli->n_args > 1 && parse_number(cli->args[1], &target, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	lock = store ? vz_store_lock(store, "template", name, true, err) : -1;
	if (lock < 0 || vz_manifest_read(store, name, &m, err) < 0)
		return -1;
	current = m.version;
	if (!target)
		target = version_before(store, name, current, err);
	if (!target)
		return vz_err_set(err, VZ_NOTFOUND, "template '%s' has no version before %u", name, current);
	if (!cli->dry_run && (vz_manifest_set_current(store, name, target, err) < 0 || forget_verdict(store, name, target, err) < 0))
		return -1;
	if (cli->json)
		vz_json_updates(&(struct vz_json_update){ m.name, current, target, current != target, false }, 1);
	else if (!cli->quiet)
		printf("%s: %s%u -> %u\n", name, cli->dry_run ? "would go " : "", current, target);
	return 0;
}

struct going_back {
	const struct vz_cli *cli;
	struct vz_store *store;
	struct vz_mover *mover;
};

static int go_back(const struct going_back *g, const char *name, unsigned generation, struct vz_json_moved *ret,
		   struct vz_err *err)
{
	const struct vz_env_move move = { .name = name, .back_to = generation, .dry_run = g->cli->dry_run };
	struct vz_json_moved moved = {0};
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	if (vz_mover_move(g->mover, &move, &moved.moved, err) < 0)
		return -1;
	moved.seconds = vz_seconds_since(&start);
	if (vz_change_tell(g->cli, g->store, &moved, err) < 0) {
		vz_env_moved_release(&moved.moved);
		return -1;
	}
	*ret = moved;
	return 0;
}

static int one_back(const struct going_back *g, struct vz_err *err)
{
	const struct vz_cli *cli = g->cli;
	struct vz_json_moved moved;
	unsigned generation = 0;

	if (cli->n_args > 1 && parse_number(cli->args[1], &generation, err) < 0)
		return -1;
	if (go_back(g, cli->args[0], generation, &moved, err) < 0)
		return -1;
	if (cli->json)
		vz_json_moved_one(&moved);
	vz_env_moved_release(&moved.moved);
	return 0;
}

/* One that has not been moved yet stays. */
static int all_back(const struct going_back *g, struct vz_err *err)
{
	size_t n = 0, done = 0;
	char **names = vz_env_names(g->store, &n, err);
	struct vz_json_moved *moved;
	int rc = 0;

	if (!names)
		return -1;
	moved = vz_alloc((n + 1) * sizeof *moved);
	for (size_t i = 0; i < n && rc == 0; i++) {
		auto_env struct vz_env e = {0};

		rc = vz_env_read(g->store, names[i], &e, err);
		if (rc == 0 && e.from) {
			rc = go_back(g, names[i], 0, &moved[done], err);
			done += rc == 0;
		}
	}
	if (rc == 0 && g->cli->json)
		vz_json_moved(moved, done);
	for (size_t i = 0; i < done; i++)
		vz_env_moved_release(&moved[i].moved);
	free(moved);
	vz_names_free(names, n);
	return rc;
}

int vz_cmd_rollback_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool all = false;
	const struct vz_option options[] = { { .name = "all", .flag = &all }, { 0 } };
	auto_store struct vz_store *store = NULL;
	auto_mover struct vz_mover *mover = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 0, 2, err) < 0)
		return -1;
	if (all == (cli->n_args > 0))
		return vz_err_set(err, VZ_USAGE, "give either the name of an environment or --all");
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	mover = vz_mover_new(store, &cli->report);
	return (all ? all_back : one_back)(&(struct going_back){ cli, store, mover }, err);
}
