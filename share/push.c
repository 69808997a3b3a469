/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/artifact.h"

#include <string.h>

#include "base/fd.h"
#include "base/table.h"
#include "share/parcel.h"
#include "store/dump.h"
#include "store/record.h"

#define LARGE (1u << 20)         /* a content of that size has a parcel of its own */

struct pushing {
	struct vz_push *p;
	struct vz_oci_manifest manifest;
	struct vz_oci_manifest before;   /* what the tag means now, as far as it is an artifact of ours */
	struct vz_table seen;            /* contents that a parcel has, by digest */
	struct vz_err *err;
};

static void pushing_release(struct pushing *g)
{
	vz_oci_manifest_release(&g->manifest);
	vz_oci_manifest_release(&g->before);
	vz_table_release(&g->seen);
}

/* Fills a blob's content. */
typedef int (*fill_fn)(struct pushing *g, struct vz_blob_writer *w, const void *what);

/* Sends the blob, which becomes one more layer. */
static int put_blob(struct pushing *g, const char *type, fill_fn fill, const void *what)
{
	int stage = vz_store_stage(g->p->store, g->err);
	auto_fd int fd = stage < 0 ? -1 : vz_store_begin_file(g->p->store, stage, g->err);
	auto_blob_writer struct vz_blob_writer *w = NULL;
	struct vz_oci_descriptor *d;
	struct vz_blob blob;
	bool sent;

	if (fd < 0)
		return -1;
	w = vz_blob_writer_new(fd, VZ_PACKING_ZSTD, VZ_PACK_NARROW);
	if (fill(g, w, what) < 0 || vz_blob_writer_end(w, &blob, g->err) < 0 ||
	    vz_registry_put_blob(g->p->registry, blob.digest, fd, blob.size, &sent, g->err) < 0)
		return -1;
	d = vz_oci_manifest_add(&g->manifest);
	d->type = vz_strdup(type);
	d->size = blob.size;
	memcpy(d->digest, blob.digest, sizeof d->digest);
	g->p->size += blob.size;
	g->p->sent += sent ? blob.size : 0;
	g->p->blobs++;
	return 0;
}

static void annotate(struct pushing *g, const char *key, const char *value)
{
	vz_oci_pairs_add(&g->manifest.layers[g->manifest.n - 1].annotations, key, value);
}

static int fill_text(struct pushing *g, struct vz_blob_writer *w, const void *text)
{
	const struct vz_buf *b = text;

	return vz_blob_writer_add(w, b->data, b->len, g->err);
}

static int fill_package(struct pushing *g, struct vz_blob_writer *w, const void *digest)
{
	auto_parcel_writer struct vz_parcel_writer *b = vz_parcel_writer_new(g->p->store, w);

	return vz_parcel_add_package(b, digest, g->err) < 0 ? -1 : vz_parcel_end(b, g->err);
}

static int fill_object(struct pushing *g, struct vz_blob_writer *w, const void *node)
{
	auto_parcel_writer struct vz_parcel_writer *b = vz_parcel_writer_new(g->p->store, w);
	const struct vz_node *n = node;

	return vz_parcel_add_object(b, &n->digest, n->size, g->err) < 0 ? -1 : vz_parcel_end(b, g->err);
}

/* A content that no parcel has yet? From now on one does. */
static bool is_unseen(struct vz_table *seen, const struct vz_node *n)
{
	char hex[VZ_HEX_LEN + 1];

	if (n->link || !vz_node_is_file(n) || !n->has_digest || n->content || !n->size)
		return false;
	vz_digest_hex(&n->digest, hex);
	if (vz_table_has(seen, hex))
		return false;
	vz_table_put(seen, hex, seen);
	return true;
}

static int see(struct vz_node *n, void *ctx)
{
	is_unseen(ctx, n);
	return 0;
}

/* The parcel that the registry has already: it need not be made again. */
static bool reuse(struct pushing *g, const char *package)
{
	for (size_t i = 0; i < g->before.n; i++) {
		const struct vz_oci_descriptor *d = &g->before.layers[i];
		const char *of = vz_oci_pair(&d->annotations, VZ_ARTIFACT_PACKAGE);
		struct vz_oci_descriptor *copy;

		if (!of || strcmp(of, package) != 0 || strcmp(d->type, VZ_ARTIFACT_PARCEL) != 0)
			continue;
		copy = vz_oci_manifest_add(&g->manifest);
		copy->type = vz_strdup(d->type);
		copy->size = d->size;
		memcpy(copy->digest, d->digest, sizeof copy->digest);
		g->p->size += d->size;
		g->p->blobs++;
		return true;
	}
	return false;
}

static int put_packages(struct pushing *g)
{
	const struct vz_plan *plan = g->p->subject->plan;

	for (size_t i = 0; i < plan->n_packages; i++) {
		const char *digest = plan->packages[i].digest;
		auto_record struct vz_record *r = NULL;

		vz_report_progress(g->p->report, "sending packages", i + 1, plan->n_packages);
		if (!vz_record_has(g->p->store, digest))
			continue;
		r = vz_record_read(g->p->store, digest, g->err);
		if (!r || (!reuse(g, digest) && put_blob(g, VZ_ARTIFACT_PARCEL, fill_package, digest) < 0))
			return vz_err_wrap(g->err, "package '%s'", plan->packages[i].name);
		annotate(g, VZ_ARTIFACT_PACKAGE, digest);
		vz_node_walk(r->tree->root, see, &g->seen);
	}
	return 0;
}

static int put_large(struct vz_node *n, void *ctx)
{
	struct pushing *g = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (n->size < LARGE || !is_unseen(&g->seen, n))
		return 0;
	vz_digest_hex(&n->digest, hex);
	if (put_blob(g, VZ_ARTIFACT_PARCEL, fill_object, n) < 0)
		return -1;
	annotate(g, VZ_ARTIFACT_OBJECT, hex);
	return 0;
}

struct rest {
	struct pushing *g;
	struct vz_parcel_writer *parcel;
};

static int add_rest(struct vz_node *n, void *ctx)
{
	struct rest *r = ctx;

	return is_unseen(&r->g->seen, n) ? vz_parcel_add_object(r->parcel, &n->digest, n->size, r->g->err) : 0;
}

static int fill_rest(struct pushing *g, struct vz_blob_writer *w, const void *tree)
{
	auto_parcel_writer struct vz_parcel_writer *b = vz_parcel_writer_new(g->p->store, w);
	struct rest r = { g, b };

	return vz_node_walk(((const struct vz_tree *)tree)->root, add_rest, &r) < 0 ? -1 : vz_parcel_end(b, g->err);
}

static int put_layers(struct pushing *g)
{
	const struct vz_subject *s = g->p->subject;
	auto_buf struct vz_buf lock = {0}, tree = {0};

	vz_buf_puts(&lock, s->manifest.lock);
	vz_dump_write(s->tree, &tree);
	if (put_blob(g, VZ_ARTIFACT_LOCK, fill_text, &lock) < 0 || put_blob(g, VZ_ARTIFACT_TREE, fill_text, &tree) < 0 ||
	    put_packages(g) < 0 || vz_node_walk(s->tree->root, put_large, g) < 0)
		return -1;
	return put_blob(g, VZ_ARTIFACT_PARCEL, fill_rest, s->tree);
}

/* Our manifest, as it stands: registries and their users like to see it. */
static int put_config(struct pushing *g)
{
	auto_buf struct vz_buf text = {0};
	struct vz_oci_descriptor *d = &g->manifest.config;
	int stage = vz_store_stage(g->p->store, g->err);
	auto_fd int fd = stage < 0 ? -1 : vz_store_begin_file(g->p->store, stage, g->err);
	struct vz_digest sum;
	bool sent;

	if (fd < 0 || vz_manifest_format(&g->p->subject->manifest, &text, g->err) < 0 ||
	    vz_write_fd(fd, text.data, text.len, g->err) < 0)
		return -1;
	vz_sha256(text.data, text.len, &sum);
	vz_digest_hex(&sum, d->digest);
	d->type = vz_strdup(VZ_ARTIFACT_MANIFEST);
	d->size = text.len;
	if (vz_registry_put_blob(g->p->registry, d->digest, fd, text.len, &sent, g->err) < 0)
		return -1;
	g->p->size += text.len;
	g->p->sent += sent ? text.len : 0;
	g->p->blobs++;
	return 0;
}

/* What is no artifact of ours is no help, and is replaced as a tag is. Who signs takes nothing for granted that the same
 * key has not signed before. */
static int read_before(struct pushing *g)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err unused = {0};
	char digest[VZ_HEX_LEN + 1];

	if (vz_registry_get_manifest(g->p->registry, g->p->to->tag, &text, digest, g->err) < 0)
		return g->err->code == VZ_NOTFOUND ? 0 : -1;
	if ((g->p->sign_key && vz_artifact_check(g->p->registry, digest, g->p->sign_key, &unused) < 0) ||
	    vz_oci_manifest_read(text.data, text.len, &g->before, &unused) < 0)
		return 0;
	if (!g->before.artifact_type || strcmp(g->before.artifact_type, VZ_ARTIFACT) != 0)
		vz_oci_manifest_release(&g->before);
	return 0;
}

int vz_push(struct vz_push *p, struct vz_err *err)
{
	__attribute__((cleanup(pushing_release))) struct pushing g = { .p = p, .err = err };
	const struct vz_manifest *m = &p->subject->manifest;
	auto_free char *version = vz_printf("%u", m->version);
	auto_buf struct vz_buf text = {0};
	struct vz_digest sum;

	p->size = p->sent = p->blobs = 0;
	vz_report_stage(p->report, "sending '%s' to '%s'", m->name, p->to->host);
	if (read_before(&g) < 0 || put_layers(&g) < 0 || put_config(&g) < 0)
		return -1;
	g.manifest.artifact_type = vz_strdup(VZ_ARTIFACT);
	vz_oci_pairs_add(&g.manifest.annotations, "org.opencontainers.image.title", m->name);
	vz_oci_pairs_add(&g.manifest.annotations, "org.opencontainers.image.version", version);
	if (vz_oci_manifest_write(&g.manifest, &text, err) < 0)
		return -1;
	vz_sha256(text.data, text.len, &sum);
	vz_digest_hex(&sum, p->digest);
	/* the signature first: whoever pulls the tag finds it signed */
	if (p->sign_key && vz_artifact_sign(p->registry, p->to, p->digest, p->sign_key, err) < 0)
		return -1;
	return vz_registry_put_manifest(p->registry, p->to->tag, &text, err);
}
