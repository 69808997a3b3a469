/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digests.h"
#include "base/fd.h"
#include "base/usage.h"
#include "store/gc.h"
#include "store/object.h"
#include "store/tree.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_keep.h"
#include "vzpkg/roots.h"
#include "vzpkg/terminal.h"

/* What one image shows, itself included. */
struct image {
	uint64_t bytes;                  /* each content once */
	uint64_t shared;                 /* of these, held by more than one environment, or by a template */
};

struct df {
	const struct vz_store *store;
	struct vz_roots roots;
	struct vz_gc gc;
	struct vz_digests numbers;       /* of images: index + 1 */
	struct image *images;
	size_t n_images, cap_images;
	struct vz_json_df sum;
};

static void df_release(struct df *df)
{
	vz_roots_release(&df->roots);
	free(df->gc.held);
	vz_gc_release(&df->gc);
	vz_digests_release(&df->numbers);
	free(df->images);
	free(df->sum.envs);
}

/* ---- images ---- */

struct measuring {
	const struct df *df;
	struct vz_digests seen;
	struct image *image;
};

static int measure_node(struct vz_node *n, void *ctx)
{
	struct measuring *m = ctx;
	char path[VZ_HEX_LEN + 2];
	struct stat st;
	uint32_t *seen;

	if (n->link || !n->has_digest)
		return 0;
	seen = vz_digests_put(&m->seen, &n->digest);
	vz_object_path(&n->digest, path);
	if (!*seen && fstatat(vz_store_objects_fd(m->df->store), path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		m->image->bytes += (uint64_t)st.st_blocks * 512;
		if (vz_digests_get(&m->df->roots.live.objects, &n->digest) == VZ_LIVE_SHARED)
			m->image->shared += (uint64_t)st.st_blocks * 512;
	}
	*seen = 1;
	return 0;
}

static int measure(const struct df *df, const struct vz_digest *d, struct image *ret, struct vz_err *err)
{
	auto_tree struct vz_tree *t = vz_store_image_tree(df->store, d, err);
	struct measuring m = { .df = df, .image = ret };
	auto_fd int fd = t ? vz_store_open_image(df->store, d, err) : -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat an image");
	ret->bytes = (uint64_t)st.st_blocks * 512;
	if (vz_digests_get(&df->roots.live.images, d) == VZ_LIVE_SHARED)
		ret->shared = ret->bytes;
	vz_node_walk(t->root, measure_node, &m);
	vz_digests_release(&m.seen);
	return 0;
}

/* Each image is looked at once, however many show it. One that cannot be read shows nothing. */
static const struct image *image_of(struct df *df, const struct vz_digest *d)
{
	static const struct image unknown;
	const struct vz_digest none = {0};
	struct image image = {0};
	struct vz_err err;
	uint32_t *number;

	if (!vz_digest_cmp(d, &none))
		return &unknown;
	number = vz_digests_put(&df->numbers, d);
	if (*number)
		return &df->images[*number - 1];
	*number = (uint32_t)df->n_images + 1;
	if (measure(df, d, &image, &err) < 0)
		image = unknown;
	vz_grow(df->images, df->n_images, df->cap_images);
	df->images[df->n_images++] = image;
	return &df->images[df->n_images - 1];
}

/* ---- what there is ---- */

static int survey(struct df *df, const struct vz_report *report, struct vz_err *err)
{
	vz_report_stage(report, "looking at what is in use");
	if (vz_roots_read(df->store, &df->roots, err) < 0 || vz_live_mark(df->store, &df->roots.live, report, err) < 0)
		return -1;
	df->gc.n_held = VZ_LIVE_ENV + df->roots.n_envs;
	df->gc.held = vz_alloc(df->gc.n_held * sizeof *df->gc.held);
	return vz_gc_plan(df->store, &df->roots.live, &df->gc, report, err);
}

static void count_templates(struct df *df)
{
	for (size_t i = 0; i < df->roots.n_versions; i++) {
		const struct vz_root_version *v = &df->roots.versions[i];

		df->sum.logical_bytes += image_of(df, &v->image)->bytes;
		if (v->holder)
			df->gc.held[v->holder] += v->bytes;
		else
			df->sum.unused_bytes += v->bytes;
	}
}

static void count_env(struct df *df, size_t i, struct vz_json_share *ret)
{
	const struct vz_root_env *e = &df->roots.envs[i];
	const struct image *shows, *layer;
	auto_env struct vz_env env = {0};
	struct vz_err unread;

	*ret = (struct vz_json_share){ .env = e->name, .private_bytes = e->bytes,
				       .freed_if_removed = e->bytes + df->gc.held[VZ_LIVE_ENV + i] };
	df->sum.logical_bytes += e->bytes;
	df->sum.unused_bytes += e->surplus_bytes;
	if (vz_env_read(df->store, e->name, &env, &unread) < 0)
		return;
	shows = image_of(df, &env.shows.image);
	ret->shared = shows->shared;
	df->sum.logical_bytes += shows->bytes;
	layer = image_of(df, &env.layer);
	ret->shared += layer->shared;
	df->sum.logical_bytes += layer->bytes;
}

static int count(struct df *df, struct vz_err *err)
{
	count_templates(df);
	df->sum.envs = vz_alloc((df->roots.n_envs + 1) * sizeof *df->sum.envs);
	for (; df->sum.n_envs < df->roots.n_envs; df->sum.n_envs++)
		count_env(df, df->sum.n_envs, &df->sum.envs[df->sum.n_envs]);
	df->sum.objects = df->gc.stays[VZ_GC_OBJECTS].n + df->gc.goes[VZ_GC_OBJECTS].n;
	for (int kind = 0; kind < VZ_GC_KINDS; kind++)
		df->sum.unused_bytes += df->gc.goes[kind].bytes;
	return vz_usage(vz_store_fd(df->store), ".", &df->sum.bytes, err);
}

/* ---- telling ---- */

/* Leaves those that were asked for, in that order. */
static int choose(const struct vz_cli *cli, struct df *df, struct vz_err *err)
{
	struct vz_json_share *chosen;

	if (!cli->n_args)
		return 0;
	chosen = vz_alloc((size_t)cli->n_args * sizeof *chosen);
	for (int i = 0; i < cli->n_args; i++) {
		size_t k = 0;

		while (k < df->sum.n_envs && strcmp(df->sum.envs[k].env, cli->args[i]))
			k++;
		if (k == df->sum.n_envs) {
			free(chosen);
			return vz_err_set(err, VZ_NOTFOUND, "there is no environment '%s'", cli->args[i]);
		}
		chosen[i] = df->sum.envs[k];
	}
	free(df->sum.envs);
	df->sum.envs = chosen;
	df->sum.n_envs = (size_t)cli->n_args;
	return 0;
}

static void print(const struct vz_json_df *d)
{
	char a[16], b[16], c[16];

	printf("objects       %llu\non disk       %s\nunshared      %s\nunused        %s\n", (unsigned long long)d->objects,
	       vz_human_bytes(d->bytes, a), vz_human_bytes(d->logical_bytes, b), vz_human_bytes(d->unused_bytes, c));
	if (d->n_envs)
		printf("\n%-32s %10s %10s %10s\n", "ENVIRONMENT", "PRIVATE", "SHARED", "IF REMOVED");
	for (size_t i = 0; i < d->n_envs; i++)
		printf("%-32s %10s %10s %10s\n", d->envs[i].env, vz_human_bytes(d->envs[i].private_bytes, a),
		       vz_human_bytes(d->envs[i].shared, b), vz_human_bytes(d->envs[i].freed_if_removed, c));
}

int vz_cmd_df(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	__attribute__((cleanup(df_release))) struct df df = {0};

	if (vz_cli_parse(cli, argc, argv, NULL, 0, -1, err) < 0)
		return -1;
	df.store = store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || survey(&df, &cli->report, err) < 0 || count(&df, err) < 0 || choose(cli, &df, err) < 0)
		return -1;
	vz_terminal_end();
	for (size_t i = 0; i < df.roots.live.unread.n; i++)
		vz_report_note(&cli->report, "%s", df.roots.live.unread.v[i]);
	if (cli->json)
		vz_json_df(&df.sum);
	else
		print(&df.sum);
	return df.roots.live.unread.n ? VZ_DAMAGED : 0;
}
