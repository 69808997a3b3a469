/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/backup.h"

#include <string.h>

#include "share/difference.h"
#include "share/parcel.h"
#include "share/subject.h"
#include "store/dump.h"
#include "store/manifest.h"
#include "store/record.h"

/* A template that the environment is made of. */
struct part {
	char *ref;
	struct vz_manifest manifest;
	struct vz_tree *tree;
};

/* All that is to be known of the environment. */
struct whole {
	struct vz_env env;
	struct vz_settings settings;
	struct vz_subject subject;
	struct vz_tree *private;         /* or NULL */
	struct part *parts;
	size_t n_parts;
	bool is_template;                /* it shows the image of one of them */
};

static void whole_release(struct whole *w)
{
	for (size_t i = 0; i < w->n_parts; i++) {
		free(w->parts[i].ref);
		vz_manifest_release(&w->parts[i].manifest);
		vz_tree_free(w->parts[i].tree);
	}
	free(w->parts);
	vz_tree_free(w->private);
	vz_subject_release(&w->subject);
	vz_settings_release(&w->settings);
	vz_env_release(&w->env);
}
#define auto_whole __attribute__((cleanup(whole_release)))

/* Takes `ref`. */
static int read_part(struct vz_store *s, struct whole *w, char *ref, struct vz_err *err)
{
	struct part *p = &w->parts[w->n_parts++];

	p->ref = ref;
	if (vz_manifest_read(s, ref, &p->manifest, err) < 0 || !(p->tree = vz_manifest_tree(s, &p->manifest, err)))
		return -1;
	w->is_template = w->is_template || vz_digest_cmp(&p->manifest.image, &w->env.shows.image) == 0;
	return 0;
}

static int read_whole(struct vz_store *s, const char *name, struct whole *w, struct vz_err *err)
{
	const struct vz_composition *c = &w->env.shows;

	if (vz_env_read(s, name, &w->env, err) < 0 || vz_settings_read(s, name, &w->settings, err) < 0 ||
	    vz_subject_open_env(s, name, &w->subject, err) < 0)
		return -1;
	if (c->apps.n > VZ_BACKUP_APPS_MAX)
		return vz_err_set(err, VZ_FAILED, "environment '%s' has more than %d applications", name, VZ_BACKUP_APPS_MAX);
	w->private = vz_difference(w->subject.below, w->subject.tree);
	w->parts = vz_alloc((c->apps.n + 1) * sizeof *w->parts);
	if (read_part(s, w, vz_printf("%s@%u", c->template_name, c->template_version), err) < 0)
		return -1;
	for (size_t i = 0; i < c->apps.n; i++)
		if (read_part(s, w, vz_strdup(c->apps.v[i]), err) < 0)
			return -1;
	return 0;
}

/* Calls `visit` for all trees. */
static int walk(const struct whole *w, int (*visit)(struct vz_node *n, void *ctx), void *ctx)
{
	if (vz_node_walk(w->subject.below->root, visit, ctx) < 0 ||
	    (w->private && vz_node_walk(w->private->root, visit, ctx) < 0))
		return -1;
	for (size_t i = 0; i < w->n_parts; i++)
		if (vz_node_walk(w->parts[i].tree->root, visit, ctx) < 0)
			return -1;
	return 0;
}

/* Notes the content of a file by its digest. False: there is none, or it was known. */
static bool note(struct vz_table *t, const struct vz_node *n, char hex[VZ_HEX_LEN + 1])
{
	if (n->link || !vz_node_is_file(n) || !n->has_digest || n->content || !n->size)
		return false;
	vz_digest_hex(&n->digest, hex);
	if (vz_table_has(t, hex))
		return false;
	vz_table_put(t, hex, NULL);
	return true;
}

static int note_all(struct vz_node *n, void *ctx)
{
	char hex[VZ_HEX_LEN + 1];

	note(ctx, n, hex);
	return 0;
}

int vz_backup_contents(struct vz_store *s, const char *name, struct vz_table *ret, struct vz_err *err)
{
	auto_whole struct whole w = {0};

	return read_whole(s, name, &w, err) < 0 ? -1 : walk(&w, note_all, ret);
}

struct writing {
	struct vz_backup *b;
	struct vz_parcel_writer *to;
	struct vz_table seen;            /* contents that are in it already, or need not be */
	struct vz_err *err;
};

static int add_tree(struct writing *w, const char *kind, const char *name, const struct vz_tree *t)
{
	auto_buf struct vz_buf dump = {0};

	vz_dump_write(t, &dump);
	return vz_parcel_add(w->to, kind, name, dump.data, dump.len, w->err);
}

static int add_part(struct writing *w, const struct part *p)
{
	auto_buf struct vz_buf manifest = {0};

	if (vz_manifest_format(&p->manifest, &manifest, w->err) < 0 ||
	    vz_parcel_add(w->to, "manifest", p->ref, manifest.data, manifest.len, w->err) < 0 ||
	    vz_parcel_add(w->to, "lock", p->ref, p->manifest.lock, strlen(p->manifest.lock), w->err) < 0)
		return -1;
	return add_tree(w, "tree", p->ref, p->tree);
}

static int add_head(struct writing *w, struct whole *all)
{
	auto_buf struct vz_buf record = {0}, settings = {0};
	const struct vz_env *e = &all->env;
	const char *lock = all->subject.manifest.lock;
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(&e->shows.plan, hex);
	if (vz_env_format(e, &record, w->err) < 0 || vz_settings_format(&all->settings, &settings, w->err) < 0 ||
	    vz_parcel_add(w->to, "backup", e->name, record.data, record.len, w->err) < 0 ||
	    vz_parcel_add(w->to, "settings", e->name, settings.data, settings.len, w->err) < 0 ||
	    vz_parcel_add(w->to, "plan", hex, lock, strlen(lock), w->err) < 0)
		return -1;
	for (size_t i = 0; i < all->n_parts; i++)
		if (add_part(w, &all->parts[i]) < 0)
			return -1;
	vz_digest_hex(&e->shows.image, hex);
	if (!all->is_template && add_tree(w, "composition", hex, all->subject.below) < 0)
		return -1;
	return all->private ? add_tree(w, "private", e->name, all->private) : 0;
}

static int add_object(struct vz_node *n, void *ctx)
{
	struct writing *w = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (!note(&w->seen, n, hex) || (w->b->wanted && !vz_table_has(w->b->wanted, hex)) ||
	    (w->b->known && vz_table_has(w->b->known, hex)))
		return 0;
	return vz_parcel_add_object(w->to, &n->digest, n->size, w->err);
}

/* What packages have is to be had again. One whose record is gone counts as none. */
static int skip_packages(struct writing *w, const struct vz_plan *plan)
{
	for (size_t i = 0; i < plan->n_packages; i++) {
		auto_record struct vz_record *r = NULL;

		if (!vz_record_has(w->b->store, plan->packages[i].digest))
			continue;
		r = vz_record_read(w->b->store, plan->packages[i].digest, w->err);
		if (!r)
			return vz_err_wrap(w->err, "package '%s'", plan->packages[i].name);
		vz_node_walk(r->tree->root, note_all, &w->seen);
	}
	return 0;
}

static int count(struct vz_node *n, void *ctx)
{
	*(uint64_t *)ctx += !vz_node_is_dir(n);
	return 0;
}

int vz_backup(struct vz_backup *b, struct vz_err *err)
{
	auto_blob_writer struct vz_blob_writer *blob = vz_blob_writer_new(b->fd, VZ_PACKING_ZSTD, VZ_PACK_WIDE);
	auto_parcel_writer struct vz_parcel_writer *to = vz_parcel_writer_new(b->store, blob);
	auto_whole struct whole all = {0};
	struct writing w = { .b = b, .to = to, .err = err };
	struct vz_blob result;
	int rc;

	vz_report_stage(b->report, "reading '%s'", b->name);
	if (read_whole(b->store, b->name, &all, err) < 0)
		return -1;
	vz_report_stage(b->report, "writing '%s'", b->name);
	rc = b->contents_only ? 0 : add_head(&w, &all);
	if (rc == 0 && !b->wanted && !b->known)
		rc = skip_packages(&w, all.subject.plan);
	if (rc == 0)
		rc = walk(&all, add_object, &w);
	vz_table_release(&w.seen);
	if (rc < 0 || vz_parcel_end(to, err) < 0 || vz_blob_writer_end(blob, &result, err) < 0)
		return -1;
	b->size = result.size;
	memcpy(b->digest, result.digest, sizeof b->digest);
	b->files = 0;
	return all.private ? vz_node_walk(all.private->root, count, &b->files) : 0;
}
