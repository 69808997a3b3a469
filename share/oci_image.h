/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The documents of the OCI image specification, version 1: index, manifest and
 * configuration, as values.
 *
 * Written, they are JSON without white space, members sorted: the same value
 * gives the same bytes.  Reading takes what the specification allows, keeps
 * what we use and skips the rest; digests are SHA-256 only, sizes and numbers of
 * things are bounded.  VZ_UNTRUSTED for anything else: such a document comes
 * from somewhere else, always.
 */
#ifndef SHARE_OCI_IMAGE_H
#define SHARE_OCI_IMAGE_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

#define VZ_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define VZ_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define VZ_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define VZ_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"        /* "+gzip", "+zstd" */
#define VZ_OCI_REF "org.opencontainers.image.ref.name"

#define VZ_OCI_DOCUMENT_MAX ((size_t)4 << 20)    /* what registries take */
#define VZ_OCI_ITEMS_MAX 10000                   /* layers, manifests, annotations */

struct vz_oci_pair {
	char *key, *value;
};

/* Of annotations, or labels. */
struct vz_oci_pairs {
	struct vz_oci_pair *items;
	size_t n;
};

struct vz_oci_descriptor {
	char *type;                              /* media type; "" if unsaid */
	char digest[VZ_HEX_LEN + 1];             /* without "sha256:" */
	uint64_t size;
	char *arch, *os;                         /* of its platform, or NULL */
	struct vz_oci_pairs annotations;
};

struct vz_oci_index {
	struct vz_oci_descriptor *manifests;
	size_t n;
};

struct vz_oci_manifest {
	char *artifact_type;                     /* or NULL */
	struct vz_oci_descriptor config, *layers;
	size_t n;
	struct vz_oci_pairs annotations;
};

struct vz_oci_config {
	char *arch, *os, *variant;               /* as Go names them: "amd64"; variant may be NULL */
	int64_t created;                         /* only written */
	char **diff_ids;                         /* one a layer, hex */
	size_t n;
	const char *const *layer_names;          /* only written, one a layer: of the history */
	const char *command;                     /* only written, or NULL */
	struct vz_oci_pairs labels;              /* only written */
};

void vz_oci_pairs_release(struct vz_oci_pairs *p);
void vz_oci_pairs_add(struct vz_oci_pairs *p, const char *key, const char *value);
const char *vz_oci_pair(const struct vz_oci_pairs *p, const char *key);      /* NULL if absent */
void vz_oci_descriptor_release(struct vz_oci_descriptor *d);
void vz_oci_index_release(struct vz_oci_index *i);
void vz_oci_manifest_release(struct vz_oci_manifest *m);
void vz_oci_config_release(struct vz_oci_config *c);
#define auto_oci_index __attribute__((cleanup(vz_oci_index_release)))
#define auto_oci_manifest __attribute__((cleanup(vz_oci_manifest_release)))
#define auto_oci_config __attribute__((cleanup(vz_oci_config_release)))
/* One more layer, zeroed. */
struct vz_oci_descriptor *vz_oci_manifest_add(struct vz_oci_manifest *m);

/* These append. A text that is not UTF-8 is VZ_FAILED. */
int vz_oci_index_write(const struct vz_oci_index *i, struct vz_buf *ret, struct vz_err *err);
int vz_oci_manifest_write(const struct vz_oci_manifest *m, struct vz_buf *ret, struct vz_err *err);
int vz_oci_config_write(const struct vz_oci_config *c, struct vz_buf *ret, struct vz_err *err);

int vz_oci_index_read(const char *text, size_t len, struct vz_oci_index *ret, struct vz_err *err);
int vz_oci_manifest_read(const char *text, size_t len, struct vz_oci_manifest *ret, struct vz_err *err);
int vz_oci_config_read(const char *text, size_t len, struct vz_oci_config *ret, struct vz_err *err);

/* Go's names of an architecture as `uname -m` has it, and the other way round: "x86_64", "amd64".
 * `ret_variant` ("v7") may be NULL. An unknown one is taken as it is. */
const char *vz_oci_arch(const char *machine, const char **ret_variant);
const char *vz_oci_machine(const char *arch, const char *variant);

#endif
