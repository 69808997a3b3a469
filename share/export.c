/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/export.h"

#include <string.h>

#include "share/archive.h"
#include "share/layers.h"
#include "share/layout.h"
#include "share/target.h"

int vz_export_tar(struct vz_export *e, struct vz_err *err)
{
	auto_target struct vz_target target = { .fd = -1 };
	auto_blob_writer struct vz_blob_writer *w = NULL;
	struct vz_blob blob;

	if (vz_target_begin(e->path, VZ_TARGET_FILE, &target, err) < 0)
		return -1;
	vz_report_stage(e->report, "writing '%s'", e->path);
	vz_tree_order_links(e->subject->tree);
	w = vz_blob_writer_new(target.fd, vz_packing_of_file(e->path), VZ_PACK_WIDE);
	if (vz_archive_write(e->store, e->subject->tree, VZ_ARCHIVE_PLAIN, w, err) < 0 ||
	    vz_blob_writer_end(w, &blob, err) < 0)
		return vz_err_wrap(err, "'%s'", e->path);
	memcpy(e->digest, blob.digest, sizeof e->digest);
	e->size = blob.size;
	return vz_target_end(&target, err);
}

/* An image on its way into a layout. */
struct image {
	struct vz_export *e;
	struct vz_layout_writer *layout;
	struct vz_oci_manifest manifest;
	struct vz_oci_config config;
	const char *names[VZ_LAYERS];        /* of config */
};

static void image_release(struct image *i)
{
	vz_oci_manifest_release(&i->manifest);
	vz_oci_config_release(&i->config);
}

static int put_layer(struct image *i, const struct vz_tree *t, enum vz_layer which, struct vz_err *err)
{
	auto_blob_writer struct vz_blob_writer *w = NULL;
	struct vz_oci_descriptor *d;
	struct vz_blob blob;
	int fd;

	if (vz_layout_blob_begin(i->layout, &fd, err) < 0)
		return -1;
	w = vz_blob_writer_new(fd, i->e->packing, VZ_PACK_WIDE);
	if (vz_archive_write(i->e->store, t, VZ_ARCHIVE_LAYER, w, err) < 0 || vz_blob_writer_end(w, &blob, err) < 0 ||
	    vz_layout_blob_end(i->layout, &blob, err) < 0)
		return -1;
	d = vz_oci_manifest_add(&i->manifest);
	d->type = i->e->packing == VZ_PACKING_NONE ? vz_strdup(VZ_OCI_LAYER)
						  : vz_printf(VZ_OCI_LAYER "+%s", vz_packing_name(i->e->packing));
	memcpy(d->digest, blob.digest, sizeof d->digest);
	d->size = blob.size;
	i->e->size += blob.size;
	i->names[i->config.n] = vz_layer_name(which);
	i->config.diff_ids = vz_realloc(i->config.diff_ids, i->config.n + 1, sizeof *i->config.diff_ids);
	i->config.diff_ids[i->config.n++] = vz_strdup(blob.content_digest);
	return 0;
}

static int put_layers(struct image *i, struct vz_err *err)
{
	struct vz_subject *s = i->e->subject;
	struct vz_layers layers = {0};
	int rc = s->below ? vz_layers_split(i->e->store, s->below, s->tree, s->plan, &layers, err)
			  : vz_layers_split(i->e->store, s->tree, NULL, s->plan, &layers, err);

	for (int k = 0; rc == 0 && k < VZ_LAYERS; k++) {
		if (!layers.trees[k])
			continue;
		vz_report_stage(i->e->report, "writing the layer of %s", vz_layer_name((enum vz_layer)k));
		rc = put_layer(i, layers.trees[k], (enum vz_layer)k, err);
	}
	vz_layers_release(&layers);
	return rc;
}

/* A shell that the tree has. */
static const char *command_of(const struct vz_tree *t)
{
	static const char *const shells[] = { "/bin/bash", "/bin/sh" };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (vz_tree_lookup(t, shells[i], true))
			return shells[i];
	return NULL;
}

/* What inspecting the image shows, and what carries over to hosts without vzpkg. */
static void add_labels(const struct vz_manifest *m, struct vz_oci_pairs *to)
{
	auto_free char *version = vz_printf("%u", m->version);
	char hex[VZ_HEX_LEN + 1];

	vz_oci_pairs_add(to, "org.opencontainers.image.title", m->name);
	vz_oci_pairs_add(to, "org.opencontainers.image.version", version);
	if (m->summary)
		vz_oci_pairs_add(to, "org.opencontainers.image.description", m->summary);
	vz_digest_hex(&m->lock_sum, hex);
	vz_oci_pairs_add(to, "vzpkg.lock.digest", hex);
	vz_digest_hex(&m->image, hex);
	vz_oci_pairs_add(to, "vzpkg.image.digest", hex);
}

static int put_config(struct image *i, struct vz_err *err)
{
	const struct vz_subject *s = i->e->subject;
	auto_buf struct vz_buf text = {0};
	const char *variant;

	i->config.arch = vz_strdup(vz_oci_arch(s->manifest.arch, &variant));
	i->config.variant = vz_strdup(variant);
	i->config.os = vz_strdup("linux");
	i->config.created = s->manifest.source_date;
	i->config.layer_names = i->names;
	i->config.command = command_of(s->tree);
	add_labels(&s->manifest, &i->config.labels);
	if (vz_oci_config_write(&i->config, &text, err) < 0)
		return -1;
	i->manifest.config.type = vz_strdup(VZ_OCI_CONFIG);
	i->manifest.config.size = text.len;
	return vz_layout_put(i->layout, text.data, text.len, i->manifest.config.digest, err);
}

static int put_manifest(struct image *i, struct vz_oci_index *index, struct vz_err *err)
{
	const struct vz_manifest *m = &i->e->subject->manifest;
	auto_buf struct vz_buf own = {0}, text = {0};
	auto_free char *ref = vz_printf("%s:%u", m->name, m->version);
	struct vz_oci_descriptor *d = vz_new(struct vz_oci_descriptor);

	index->manifests = d;
	index->n = 1;
	if (vz_manifest_format(m, &own, err) < 0)
		return -1;
	add_labels(m, &i->manifest.annotations);
	vz_oci_pairs_add(&i->manifest.annotations, VZ_SHARE_MANIFEST, own.data);
	vz_oci_pairs_add(&i->manifest.annotations, VZ_SHARE_LOCK, m->lock);
	if (vz_oci_manifest_write(&i->manifest, &text, err) < 0 ||
	    vz_layout_put(i->layout, text.data, text.len, d->digest, err) < 0)
		return -1;
	d->type = vz_strdup(VZ_OCI_MANIFEST);
	d->size = text.len;
	d->arch = vz_strdup(i->config.arch);
	d->os = vz_strdup(i->config.os);
	vz_oci_pairs_add(&d->annotations, VZ_OCI_REF, ref);
	memcpy(i->e->digest, d->digest, sizeof i->e->digest);
	i->e->size += text.len + i->manifest.config.size;
	return 0;
}

int vz_export_oci(struct vz_export *e, struct vz_err *err)
{
	auto_layout_writer struct vz_layout_writer *layout = vz_layout_begin(e->path, err);
	__attribute__((cleanup(image_release))) struct image image = { .e = e, .layout = layout };
	auto_oci_index struct vz_oci_index index = {0};

	if (!layout)
		return -1;
	e->size = 0;
	if (put_layers(&image, err) < 0 || put_config(&image, err) < 0 || put_manifest(&image, &index, err) < 0)
		return vz_err_wrap(err, "'%s'", e->path);
	return vz_layout_end(layout, &index, err);
}
