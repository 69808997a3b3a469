/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/usage.h"
#include "resolver/repos.h"
#include "store/gc.h"
#include "store/pending.h"
#include "store/reserve.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_keep.h"
#include "vzpkg/roots.h"
#include "vzpkg/terminal.h"

#define REPOS_UNUSED (60 * 24 * 3600)    /* after so many seconds metadata goes */

/* What goes, in the order in which it goes. */
struct clean {
	struct vz_roots roots;
	struct vz_gc gc;
	struct vz_texts metadata;        /* below repos/ */
	struct vz_gc_sum versions, generations, metadata_sum;
};

static void clean_release(struct clean *c)
{
	vz_roots_release(&c->roots);
	vz_gc_release(&c->gc);
	vz_texts_release(&c->metadata);
}

/* ---- what is to be done ---- */

static void count_roots(struct clean *c)
{
	for (size_t i = 0; i < c->roots.n_versions; i++)
		if (!c->roots.versions[i].holder) {
			c->versions.n++;
			c->versions.bytes += c->roots.versions[i].bytes;
		}
	for (size_t i = 0; i < c->roots.n_envs; i++) {
		c->generations.n += c->roots.envs[i].n_surplus;
		c->generations.bytes += c->roots.envs[i].surplus_bytes;
	}
}

static int plan_metadata(const struct vz_store *s, struct clean *c, struct vz_err *err)
{
	auto_fd int repos = vz_open_dir(vz_store_fd(s), "repos", err);

	if (repos < 0 || vz_repos_unused(repos, time(NULL) - REPOS_UNUSED, &c->metadata, err) < 0)
		return -1;
	c->metadata_sum.n = c->metadata.n;
	for (size_t i = 0; i < c->metadata.n; i++)
		if (vz_usage(repos, c->metadata.v[i], &c->metadata_sum.bytes, err) < 0)
			return -1;
	return 0;
}

static int plan(const struct vz_store *s, struct clean *c, const struct vz_report *report, struct vz_err *err)
{
	vz_report_stage(report, "looking for what is in use");
	if (vz_roots_read(s, &c->roots, err) < 0 || vz_live_mark(s, &c->roots.live, report, err) < 0)
		return -1;
	count_roots(c);
	if (vz_gc_plan(s, &c->roots.live, &c->gc, report, err) < 0)
		return -1;
	return plan_metadata(s, c, err);
}

/* ---- doing it ---- */

/* Versions, generations and pending updates refer to everything else, so they go first. */
static int drop_roots(struct vz_store *s, const struct clean *c, struct vz_err *err)
{
	for (size_t i = 0; i < c->roots.n_versions; i++) {
		const struct vz_root_version *v = &c->roots.versions[i];

		if (v->holder)
			continue;
		if (vz_interrupted(err) < 0 || vz_manifest_remove(s, v->template, v->version, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->roots.outdated.n; i++)
		if (vz_pending_forget(s, c->roots.outdated.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < c->roots.n_envs; i++) {
		const struct vz_root_env *e = &c->roots.envs[i];

		for (size_t k = 0; k < e->n_surplus; k++)
			if (vz_interrupted(err) < 0 || vz_env_forget(s, e->name, e->surplus[k], err) < 0)
				return -1;
	}
	return 0;
}

static int drop_metadata(const struct vz_store *s, const struct clean *c, struct vz_err *err)
{
	auto_fd int repos = vz_open_dir(vz_store_fd(s), "repos", err);

	if (repos < 0)
		return -1;
	for (size_t i = 0; i < c->metadata.n; i++)
		if (unlinkat(repos, c->metadata.v[i], 0) < 0 && errno != ENOENT)
			return vz_err_sys(err, "remove 'repos/%s'", c->metadata.v[i]);
	return 0;
}

static int run(struct vz_store *s, const struct clean *c, const struct vz_report *report, struct vz_err *err)
{
	vz_report_stage(report, "removing what is not");
	if (vz_reserve_spend(vz_store_fd(s), err) < 0 || drop_roots(s, c, err) < 0 || drop_metadata(s, c, err) < 0 ||
	    vz_gc_run(s, &c->gc, report, err) < 0)
		return -1;
	vz_reserve_make(vz_store_fd(s));
	return 0;
}

/* ---- telling ---- */

#define N_KINDS (VZ_GC_KINDS + 3)

static void list_kinds(const struct clean *c, struct vz_json_freed ret[N_KINDS])
{
	const struct vz_json_freed all[N_KINDS] = {
		{ "versions", c->versions },
		{ "generations", c->generations },
		{ "compositions", c->gc.goes[VZ_GC_OUTCOMES] },
		{ "packages", c->gc.goes[VZ_GC_RECORDS] },
		{ "plans", c->gc.goes[VZ_GC_PLANS] },
		{ "images", c->gc.goes[VZ_GC_IMAGES] },
		{ "objects", c->gc.goes[VZ_GC_OBJECTS] },
		{ "metadata", c->metadata_sum },
		{ "leftovers", c->gc.goes[VZ_GC_LEFTOVERS] },
	};

	memcpy(ret, all, sizeof all);
}

static void print_dropped(const struct clean *c)
{
	for (size_t i = 0; i < c->roots.n_versions; i++)
		if (!c->roots.versions[i].holder)
			printf("template %s@%u\n", c->roots.versions[i].template, c->roots.versions[i].version);
	for (size_t i = 0; i < c->roots.n_envs; i++)
		for (size_t k = 0; k < c->roots.envs[i].n_surplus; k++)
			printf("env %s, generation %u\n", c->roots.envs[i].name, c->roots.envs[i].surplus[k]);
}

static void print(const struct vz_cli *cli, const struct clean *c)
{
	struct vz_json_freed kinds[N_KINDS];
	struct vz_gc_sum all = {0};
	char size[16];

	list_kinds(c, kinds);
	if (cli->verbose)
		print_dropped(c);
	for (size_t i = 0; i < N_KINDS; i++) {
		all.n += kinds[i].sum.n;
		all.bytes += kinds[i].sum.bytes;
		if (kinds[i].sum.n)
			printf("%-12s %8llu %10s\n", kinds[i].kind, (unsigned long long)kinds[i].sum.n,
			       vz_human_bytes(kinds[i].sum.bytes, size));
	}
	if (all.n)
		printf("%s %s\n", cli->dry_run ? "would free" : "freed", vz_human_bytes(all.bytes, size));
	else
		puts("nothing to remove");
}

static void tell(const struct vz_cli *cli, const struct clean *c)
{
	const struct vz_live *l = &c->roots.live;

	vz_terminal_end();
	for (size_t i = 0; i < l->unread.n; i++)
		vz_report_note(&cli->report, "%s", l->unread.v[i]);
	if (l->unknown_roots || l->unknown_objects)
		vz_report_note(&cli->report, "what may be needed by that is kept; 'vzpkg verify --repair' mends it where it can");
	for (size_t i = 0; i < c->gc.strange.n; i++)
		vz_report_note(&cli->report, "'%s' is no file of this store, and is left alone", c->gc.strange.v[i]);
	if (cli->json) {
		struct vz_json_freed kinds[N_KINDS];

		list_kinds(c, kinds);
		vz_json_clean(cli->dry_run, kinds, N_KINDS, &l->unread);
	} else if (!cli->quiet) {
		print(cli, c);
	}
}

int vz_cmd_clean(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(clean_release))) struct clean c = {0};
	auto_store struct vz_store *store = NULL, *there = NULL;

	if (vz_cli_parse(cli, argc, argv, NULL, 0, 0, err) < 0)
		return -1;
	/* a store is not made only to be cleaned */
	there = vz_cli_store(cli, VZ_STORE_READ, err);
	store = there ? vz_cli_store(cli, VZ_STORE_COLLECT, err) : NULL;
	if (!store || plan(store, &c, &cli->report, err) < 0)
		return -1;
	if (!cli->dry_run && run(store, &c, &cli->report, err) < 0)
		return -1;
	tell(cli, &c);
	return c.roots.live.unread.n ? VZ_DAMAGED : 0;
}
