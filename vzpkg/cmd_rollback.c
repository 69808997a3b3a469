/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crew.h"
#include "base/fd.h"
#include "base/number.h"
#include "base/proc.h"
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

/*
 * All of them. What a move costs is mostly waiting for the disk, which has as much to do for several as for one;
 * so some processes share the list, each with a store and a mover of its own.
 */

#define WORKERS 8
#define SHARE 4                  /* a process for so many of them, at least */
#define CANNOT UINT32_MAX        /* stands for the length of what is printed; a struct vz_err follows */
#define PRINT_LIMIT (64u << 20)  /* of what is printed of one */

struct everything {
	const struct vz_cli *cli;
	char **names;
	size_t n, workers;
	atomic_bool *stop;       /* one of the processes cannot go on */
};

/* One that has not been moved yet stays. */
static int back_if_moved(const struct going_back *g, const char *name, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	struct vz_json_moved moved;

	if (vz_interrupted(err) < 0 || vz_env_read(g->store, name, &e, err) < 0)
		return -1;
	if (!e.from)
		return 0;
	if (go_back(g, name, 0, &moved, err) < 0)
		return -1;
	if (g->cli->json)
		vz_json_moved_one(&moved);
	vz_env_moved_release(&moved.moved);
	return 0;
}

/* What was printed into the file since the last time, behind its length. */
static int take_printed(int out, struct vz_buf *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (fflush(stdout) != 0 || lseek(out, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "keep what is printed");
	if (vz_read_fd(out, PRINT_LIMIT, &text, err) < 0)
		return -1;
	if (ftruncate(out, 0) < 0 || lseek(out, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "keep what is printed");
	vz_buf_le32(ret, (uint32_t)text.len);
	vz_buf_add(ret, text.data, text.len);
	return 0;
}

/* In a process of its own; what it prints is the caller's to print, in the order of names. */
static int work(void *arg, size_t number, struct vz_buf *ret, struct vz_err *err)
{
	const struct everything *all = arg;
	auto_fd int out = memfd_create("printed", MFD_CLOEXEC);
	auto_store struct vz_store *store = vz_cli_store(all->cli, VZ_STORE_CHANGE, err);
	auto_mover struct vz_mover *mover = store ? vz_mover_new(store, &all->cli->report) : NULL;
	const struct going_back g = { all->cli, store, mover };

	if (!mover)
		return -1;
	if (out < 0 || dup2(out, STDOUT_FILENO) < 0)
		return vz_err_sys(err, "keep what is printed");
	for (size_t i = number; i < all->n && !*all->stop; i += all->workers) {
		if (back_if_moved(&g, all->names[i], err) == 0 && take_printed(out, ret, err) == 0)
			continue;
		*all->stop = true;
		vz_buf_le32(ret, CANNOT);
		vz_buf_add(ret, err, sizeof *err);
	}
	return 0;
}

/* Puts together what they printed, and finds the first that could not. */
static int gather(const struct everything *all, const struct vz_crew_member *members, struct vz_buf *ret, struct vz_err *err)
{
	size_t at[WORKERS] = {0};
	int rc = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct vz_buf *gave = &members[i % all->workers].gave;
		size_t *p = &at[i % all->workers];
		uint32_t len;

		if (*p == gave->len)
			continue;
		memcpy(&len, gave->data + *p, sizeof len);
		*p += sizeof len;
		if (len == CANNOT) {
			if (rc == 0)
				memcpy(err, gave->data + *p, sizeof *err);
			*p += sizeof *err;
			rc = -1;
			continue;
		}
		if (all->cli->json && len)
			vz_buf_puts(ret, ret->len ? ",\n" : "[\n");
		vz_buf_add(ret, gave->data + *p, all->cli->json && len ? len - 1 : len);
		*p += len;
	}
	if (all->cli->json)
		vz_buf_puts(ret, ret->len ? "\n]\n" : "[]\n");
	return rc;
}

static int share_out(struct everything *all, struct vz_err *err)
{
	struct vz_crew_member members[WORKERS] = {0};
	auto_buf struct vz_buf printed = {0};
	int rc;

	fflush(stdout);
	vz_crew_run(work, all, members, all->workers);
	rc = gather(all, members, &printed, err);
	for (size_t i = 0; i < all->workers; i++) {
		if (members[i].rc < 0 && rc == 0) {
			*err = members[i].err;
			rc = -1;
		}
		vz_buf_release(&members[i].gave);
	}
	if (rc == 0 || !all->cli->json)
		fwrite(printed.data ? printed.data : "", 1, printed.len, stdout);
	return rc;
}

static int all_back(const struct vz_cli *cli, struct vz_store *store, struct vz_err *err)
{
	struct everything all = { .cli = cli };
	int rc;

	all.names = vz_env_names(store, &all.n, err);
	if (!all.names)
		return -1;
	all.workers = all.n / SHARE < WORKERS ? all.n / SHARE + 1 : WORKERS;
	all.stop = mmap(NULL, sizeof *all.stop, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all.stop == MAP_FAILED)
		rc = vz_err_sys(err, "get memory that processes share");
	else
		rc = share_out(&all, err);
	if (all.stop != MAP_FAILED)
		munmap(all.stop, sizeof *all.stop);
	vz_names_free(all.names, all.n);
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
	if (all)
		return all_back(cli, store, err);
	mover = vz_mover_new(store, &cli->report);
	return one_back(&(struct going_back){ cli, store, mover }, err);
}
