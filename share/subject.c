/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/subject.h"

#include <string.h>

#include "base/fd.h"
#include "builder/capture.h"
#include "builder/overlay.h"
#include "link/env.h"
#include "store/dump.h"
#include "store/gzip.h"
#include "store/image.h"
#include "store/plans.h"

void vz_subject_release(struct vz_subject *s)
{
	vz_manifest_release(&s->manifest);
	vz_plan_free(s->plan);
	vz_tree_free(s->tree);
	vz_tree_free(s->below);
	*s = (struct vz_subject){0};
}

static void forget_host(struct vz_manifest *m)
{
	free(steal(&m->recipe_path));
	m->created = m->source_date;
	m->new_bytes = 0;
	m->seconds = 0;
}

static int read_plan(struct vz_subject *s, struct vz_err *err)
{
	s->plan = vz_plan_read(s->manifest.lock, strlen(s->manifest.lock), "lock", err);
	return s->plan ? 0 : vz_err_wrap(err, "'%s'", s->manifest.name);
}

/* The environment's private area put over the tree. */
static int apply_upper(struct vz_store *store, const char *env, struct vz_tree *t, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/upper", env);
	struct vz_capture c = { .store = store, .date = INT64_MAX };
	struct vz_err absent = {0};
	auto_fd int upper = vz_open_dir(vz_store_fd(store), path, &absent);

	if (upper < 0 && absent.code == VZ_NOTFOUND)
		return 0;                /* never mounted */
	if (upper < 0) {
		*err = absent;
		return -1;
	}
	c.upper_fd = upper;
	return vz_capture(&c, t, err);
}

/* What the changed tree says of itself. */
static int describe(struct vz_subject *s, struct vz_err *err)
{
	auto_buf struct vz_buf image = {0}, dump = {0}, zipped = {0};
	struct vz_manifest *m = &s->manifest;
	struct vz_tree_stats stats;

	vz_tree_count_links(s->tree);
	if (vz_image_write(s->tree, NULL, &image, err) < 0)
		return -1;
	vz_verity_bytes(image.data, image.len, &m->image);
	m->image_size = image.len;
	vz_dump_write(s->tree, &dump);
	vz_gzip_write(dump.data, dump.len, &zipped);
	vz_sha256(zipped.data, zipped.len, &m->tree_sum);
	vz_tree_stats(s->tree, &stats);
	m->files = stats.files;
	m->bytes = stats.bytes;
	return 0;
}

/* What the environment's user sees, as a tree. */
static int read_env_tree(struct vz_store *store, const struct vz_env *e, struct vz_subject *s, struct vz_err *err)
{
	static const struct vz_digest none;
	auto_tree struct vz_tree *layer = NULL;

	s->below = vz_store_image_tree(store, &e->shows.image, err);
	if (!s->below)
		return -1;
	s->tree = vz_tree_copy(s->below);
	if (vz_digest_cmp(&e->layer, &none)) {
		layer = vz_store_image_tree(store, &e->layer, err);
		if (!layer || vz_overlay_apply(s->tree, layer, err) < 0)
			return -1;
	}
	return apply_upper(store, e->name, s->tree, err);
}

/* The manifest of the template it was made from, changed to be its own. */
static int read_env_manifest(struct vz_store *store, const struct vz_env *e, struct vz_subject *s, struct vz_err *err)
{
	auto_free char *ref = vz_printf("%s@%u", e->shows.template_name, e->shows.template_version);
	struct vz_manifest *m = &s->manifest;
	auto_buf struct vz_buf plan = {0};

	if (vz_manifest_read(store, ref, m, err) < 0 || vz_plans_get(store, &e->shows.plan, &plan, err) < 0)
		return -1;
	free(m->name);
	free(m->lock);
	m->name = vz_strdup(e->name);
	m->version = e->generation;
	m->lock_sum = e->shows.plan;
	m->lock = vz_buf_steal(&plan);
	if (read_plan(s, err) < 0)
		return -1;
	m->packages = s->plan->n_packages;
	return 0;
}

static int open_env(struct vz_store *store, const char *name, struct vz_subject *s, struct vz_err *err)
{
	auto_env struct vz_env e = {0};

	if (vz_env_read(store, name, &e, err) < 0)
		return -1;
	if (read_env_manifest(store, &e, s, err) < 0 || read_env_tree(store, &e, s, err) < 0 || describe(s, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	return 0;
}

int vz_subject_open(struct vz_store *store, const char *name, struct vz_subject *ret, struct vz_err *err)
{
	auto_subject struct vz_subject s = {0};
	struct vz_err env_err = {0};

	if (vz_manifest_read(store, name, &s.manifest, err) == 0) {
		s.tree = vz_manifest_tree(store, &s.manifest, err);
		if (!s.tree || read_plan(&s, err) < 0)
			return -1;
	} else if (err->code != VZ_NOTFOUND) {
		return -1;
	} else if (open_env(store, name, &s, &env_err) < 0) {
		if (env_err.code != VZ_NOTFOUND && env_err.code != VZ_USAGE)
			*err = env_err;
		return -1;
	}
	forget_host(&s.manifest);
	*ret = s;
	s = (struct vz_subject){0};
	return 0;
}

int vz_subject_open_env(struct vz_store *store, const char *name, struct vz_subject *ret, struct vz_err *err)
{
	auto_subject struct vz_subject s = {0};

	if (open_env(store, name, &s, err) < 0)
		return -1;
	forget_host(&s.manifest);
	*ret = s;
	s = (struct vz_subject){0};
	return 0;
}
