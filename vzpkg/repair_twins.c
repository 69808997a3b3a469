/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a store has twice: one good copy mends the other. */
#include "vzpkg/repair.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "link/env.h"
#include "store/dump.h"
#include "store/gzip.h"
#include "store/image.h"
#include "store/plans.h"
#include "store/reference.h"
#include "store/verify.h"

#define MAX_TEXT ((size_t)256 << 20)
#define MAX_DUMP ((size_t)1 << 30)

/* Writes over what was put aside. */
static int replace(const struct vz_repair *r, const char *path, const void *data, size_t len, struct vz_err *err)
{
	if (vz_repair_put_aside(r, path, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(r->store), path, data, len, 0600, err);
}

/* ---- versions ---- */

/* The version that the file `path` is of, as far as its manifest alone tells. */
static int version_of(const struct vz_repair *r, const char *path, struct vz_manifest *ret, struct vz_err *err)
{
	auto_free char *manifest = vz_printf("%.*s/manifest", (int)(strrchr(path, '/') - path), path);
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(r->store), manifest, MAX_TEXT, &text, err) < 0)
		return -1;
	return vz_manifest_parse(text.data, text.len, ret, err);
}

static int mend_lock(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf text = {0};

	if (version_of(r, f->path, &m, err) < 0 || vz_plans_get(r->store, &m.lock_sum, &text, err) < 0 ||
	    replace(r, f->path, text.data, text.len, err) < 0)
		return -1;
	vz_repair_done(f, "written from the plan that environments have of it");
	return 0;
}

static int mend_tree(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf dump = {0}, zipped = {0};
	auto_tree struct vz_tree *t = NULL;
	struct vz_digest sum;

	if (version_of(r, f->path, &m, err) < 0 || !(t = vz_manifest_tree(r->store, &m, err)))
		return -1;
	vz_dump_write(t, &dump);
	vz_gzip_write(dump.data, dump.len, &zipped);
	vz_sha256(zipped.data, zipped.len, &sum);
	if (vz_digest_cmp(&sum, &m.tree_sum))
		return vz_err_set(err, VZ_DAMAGED, "the image gives another tree");
	if (replace(r, f->path, zipped.data, zipped.len, err) < 0)
		return -1;
	vz_repair_done(f, "written from the image");
	return 0;
}

/* ---- for each version ---- */

typedef int (*for_version)(const struct vz_repair *r, struct vz_finding *f, const char *ref, const struct vz_digest *want,
			   struct vz_err *err);

/* Calls `mend` for each template version that uses the file of `f`, until one can. */
static int mend_from_versions(const struct vz_repair *r, struct vz_finding *f, for_version mend, struct vz_err *err)
{
	struct vz_digest want;
	const char *hex = strrchr(f->path, '/') + 1;

	if (!vz_verify_digest(f->path, &want) && !vz_digest_parse(hex, &want))
		return vz_err_set(err, VZ_DAMAGED, "'%s' has no name of ours", f->path);
	vz_err_set(err, VZ_DAMAGED, "no template has it");
	for (size_t i = 0; i < r->users->by.n; i++) {
		const char *key = r->users->by.items[i].key;
		auto_free char *ref = NULL;
		const char *slash;

		if (strncmp(key, "templates/", 10) || !(slash = strchr(key + 10, '/')))
			continue;
		ref = vz_printf("%.*s@%s", (int)(slash - key - 10), key + 10, slash + 1);
		if (mend(r, f, ref, &want, err) == 0)
			return 0;
	}
	return -1;
}

static int mend_image_from(const struct vz_repair *r, struct vz_finding *f, const char *ref, const struct vz_digest *want,
			   struct vz_err *err)
{
	auto_buf struct vz_buf zipped = {0}, dump = {0}, image = {0};
	auto_manifest struct vz_manifest m = {0};
	auto_tree struct vz_tree *t = NULL;
	auto_free char *path = NULL;
	struct vz_digest d;

	if (vz_manifest_read(r->store, ref, &m, err) < 0)
		return -1;
	if (vz_digest_cmp(&m.image, want))
		return vz_err_set(err, VZ_DAMAGED, "no template has it");
	path = vz_printf("templates/%s/%u/tree", m.name, m.version);
	if (vz_read_file(vz_store_fd(r->store), path, MAX_TEXT, &zipped, err) < 0 ||
	    !vz_gzip_read(zipped.data, zipped.len, MAX_DUMP, &dump) || !(t = vz_dump_read(dump.data, dump.len, err)) ||
	    vz_image_write(t, NULL, &image, err) < 0)
		return vz_err_set(err, VZ_DAMAGED, "the tree of template '%s' cannot be read", ref);
	vz_verity_bytes(image.data, image.len, &d);
	if (vz_digest_cmp(&d, want))
		return vz_err_set(err, VZ_DAMAGED, "the tree of template '%s' gives another image", ref);
	if (vz_repair_put_aside(r, f->path, err) < 0 || vz_store_put_image(r->store, image.data, image.len, &d, err) < 0 ||
	    vz_store_sync(r->store, err) < 0)
		return -1;
	vz_repair_done(f, "written from the tree of template %s", ref);
	return 0;
}

static int mend_image(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	return mend_from_versions(r, f, mend_image_from, err);
}

static int mend_plan_from(const struct vz_repair *r, struct vz_finding *f, const char *ref, const struct vz_digest *want,
			  struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};

	if (vz_manifest_read(r->store, ref, &m, err) < 0)
		return -1;
	if (vz_digest_cmp(&m.lock_sum, want))
		return vz_err_set(err, VZ_DAMAGED, "no template has it");
	if (replace(r, f->path, m.lock, strlen(m.lock), err) < 0)
		return -1;
	vz_repair_done(f, "written from the lock of template %s", ref);
	return 0;
}

static int mend_plan(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	return mend_from_versions(r, f, mend_plan_from, err);
}

/* ---- numbers ---- */

/* The newest version takes the place of a current one that nobody knows; for `last` it is the least that it can be. */
static int mend_reference(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	const char *start = f->path + strlen("templates/"), *which = strrchr(f->path, '/') + 1;
	auto_free char *name = vz_strndup(start, (size_t)(which - 1 - start));
	bool current = !strcmp(which, VZ_REFERENCE_CURRENT);
	size_t n = 0;
	auto_free unsigned *all = vz_manifest_versions(r->store, name, &n, err);
	auto_fd int lock = -1;

	if (!all || !n)
		return vz_err_set(err, VZ_DAMAGED, "no version of the template is left to tell");
	lock = vz_store_lock(r->store, "template", name, true, err);
	if (lock < 0 || vz_repair_put_aside(r, f->path, err) < 0 ||
	    vz_reference_write(r->store, name, which, all[n - 1], err) < 0)
		return -1;
	if (current)
		vz_repair_done(f, "version %u, the newest, is current now", all[n - 1]);
	else
		vz_repair_done(f, "set to %u, the newest; newer ones that were removed are forgotten", all[n - 1]);
	return 0;
}

/* The current generation's record stands in env.json, too. */
static int mend_generation(const struct vz_repair *r, struct vz_finding *f, struct vz_err *err)
{
	const char *start = f->path + strlen("envs/"), *slash = strchr(start, '/');
	auto_free char *name = vz_strndup(start, (size_t)(slash - start));
	auto_env struct vz_env now = {0};
	auto_buf struct vz_buf text = {0};

	if (vz_env_read(r->store, name, &now, err) < 0)
		return -1;
	if (now.generation != (unsigned)strtoul(strrchr(f->path, '/') + 1, NULL, 10))
		return vz_err_set(err, VZ_DAMAGED, "only the record of the current generation is there twice");
	if (vz_env_format(&now, &text, err) < 0 || replace(r, f->path, text.data, text.len, err) < 0)
		return -1;
	vz_repair_done(f, "written from the environment's record");
	return 0;
}

void vz_repair_twins(const struct vz_repair *r)
{
	static const struct { enum vz_finding_kind kind; int (*mend)(const struct vz_repair *, struct vz_finding *, struct vz_err *); } all[] = {
		{ VZ_FINDING_REFERENCE, mend_reference }, { VZ_FINDING_LOCK, mend_lock },   { VZ_FINDING_PLAN, mend_plan },
		{ VZ_FINDING_IMAGE, mend_image },         { VZ_FINDING_TREE, mend_tree },   { VZ_FINDING_GENERATION, mend_generation },
	};

	/* in this order: an image is written from a tree where that is good, and then a tree from an image */
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		for (size_t i = 0; i < r->findings->n; i++) {
			struct vz_finding *f = &r->findings->v[i];
			struct vz_err err;

			if (f->kind == all[k].kind && vz_repair_is_bad(r, f) && all[k].mend(r, f, &err) < 0)
				vz_repair_failed(f, "%s", err.msg);
		}
}
