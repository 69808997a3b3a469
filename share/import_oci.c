/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/import_forms.h"

#include <string.h>
#include <sys/utsname.h>

#include "share/export.h"
#include "share/layout.h"
#include "share/rootfs.h"

/* An image of a layout. */
struct image {
	struct vz_layout *layout;
	struct vz_oci_manifest manifest;
	struct vz_oci_config config;
};

static void image_release(struct image *m)
{
	vz_layout_close(m->layout);
	vz_oci_manifest_release(&m->manifest);
	vz_oci_config_release(&m->config);
}

/* The image for this machine, or the only one. */
static const struct vz_oci_descriptor *pick(const struct vz_oci_index *index, struct vz_err *err)
{
	const struct vz_oci_descriptor *only = NULL, *ours = NULL;
	size_t n = 0, n_ours = 0;
	struct utsname host;

	uname(&host);
	for (size_t i = 0; i < index->n; i++) {
		const struct vz_oci_descriptor *d = &index->manifests[i];

		if (strcmp(d->type, VZ_OCI_MANIFEST) != 0)
			continue;
		only = d;
		n++;
		if (d->arch && strcmp(d->arch, vz_oci_arch(host.machine, NULL)) == 0 && (!d->os || strcmp(d->os, "linux") == 0)) {
			ours = d;
			n_ours++;
		}
	}
	if (n == 1)
		return only;
	if (n_ours == 1)
		return ours;
	vz_err_set(err, VZ_FAILED, "it holds %zu images, expected one for this machine", n);
	return NULL;
}

static int read_documents(struct image *m, struct vz_err *err)
{
	const struct vz_oci_descriptor *d = pick(vz_layout_index(m->layout), err);
	auto_buf struct vz_buf text = {0}, config = {0};

	if (!d || vz_layout_read(m->layout, d, &text, err) < 0 || vz_oci_manifest_read(text.data, text.len, &m->manifest, err) < 0 ||
	    vz_layout_read(m->layout, &m->manifest.config, &config, err) < 0 ||
	    vz_oci_config_read(config.data, config.len, &m->config, err) < 0)
		return -1;
	if (m->config.n != m->manifest.n)
		return vz_err_set(err, VZ_UNTRUSTED, "the image has %zu layers, but digests of the contents of %zu", m->manifest.n,
				  m->config.n);
	return 0;
}

static int read_layers(const struct vz_import *i, const struct image *m, struct vz_arrival *ret, struct vz_err *err)
{
	ret->tree = vz_tree_new();
	for (size_t k = 0; k < m->manifest.n; k++) {
		const struct vz_oci_descriptor *d = &m->manifest.layers[k];
		struct vz_rootfs_layer l = { .size = d->size, .digest = d->digest, .diff_id = m->config.diff_ids[k] };

		vz_report_stage(i->report, "reading layer %zu of %zu", k + 1, m->manifest.n);
		if (vz_layout_find(m->layout, d, &l.fd, &l.offset, err) < 0 ||
		    vz_rootfs_add(i->store, ret->tree, &l, &ret->new_bytes, err) < 0)
			return -1;
	}
	return 0;
}

static int read_image(const struct vz_import *i, const struct image *m, struct vz_arrival *ret, struct vz_err *err)
{
	const char *text = vz_oci_pair(&m->manifest.annotations, VZ_SHARE_MANIFEST);
	const char *lock = vz_oci_pair(&m->manifest.annotations, VZ_SHARE_LOCK);

	if (text && lock)
		return vz_arrival_read(ret, text, strlen(text), lock, err) < 0 ? -1 : read_layers(i, m, ret, err);
	if (vz_import_needs_name(i, err) < 0 || read_layers(i, m, ret, err) < 0)
		return -1;
	vz_arrival_name(ret, i->name, vz_oci_machine(m->config.arch, m->config.variant));
	return 0;
}

int vz_import_oci(const struct vz_import *i, struct vz_arrival *ret, struct vz_err *err)
{
	__attribute__((cleanup(image_release))) struct image m = { .layout = vz_layout_open(i->path, err) };

	if (!m.layout)
		return -1;
	if (read_documents(&m, err) < 0 || read_image(i, &m, ret, err) < 0)
		return err->code == VZ_USAGE ? -1 : vz_err_wrap(err, "'%s'", i->path);
	return 0;
}
