/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A repository of an OCI registry: manifests by tag or digest, and blobs.
 * (OCI distribution specification, version 1.0)
 *
 * Whatever comes is checked against the digest that it was asked for by.  https
 * is spoken, except to this machine and where plain http is asked for.
 * Errors: VZ_NOTFOUND, VZ_NETWORK (after some tries), VZ_UNTRUSTED (wrong bytes),
 * VZ_FAILED where access is refused.
 */
#ifndef SHARE_REGISTRY_H
#define SHARE_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/report.h"
#include "resolver/network.h"
#include "share/oci_image.h"
#include "share/registry_name.h"

enum vz_registry_access { VZ_REGISTRY_PULL, VZ_REGISTRY_PUSH };

struct vz_registry_options {
	enum vz_registry_access access;
	bool plain_http, offline;
	const struct vz_network *network;    /* NULL: as it comes */
	const struct vz_report *report;
};

struct vz_registry;
/* Nothing is asked yet. VZ_NETWORK if offline. */
struct vz_registry *vz_registry_open(const struct vz_registry_name *n, const struct vz_registry_options *o, struct vz_err *err);
void vz_registry_close(struct vz_registry *r);
VZ_AUTO(struct vz_registry, vz_registry_close)
#define auto_registry VZ_CLEANUP(vz_registry_close)

/* `reference`: a tag, or "sha256:HEX". The text is appended to `ret`; its digest goes to `ret_digest`. */
int vz_registry_get_manifest(struct vz_registry *r, const char *reference, struct vz_buf *ret,
			     char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err);
int vz_registry_put_manifest(struct vz_registry *r, const char *reference, const struct vz_buf *text, struct vz_err *err);

/* A document, or another blob of at most 4 MiB. */
int vz_registry_get_text(struct vz_registry *r, const struct vz_oci_descriptor *d, struct vz_buf *ret, struct vz_err *err);

struct vz_registry_blob {
	const struct vz_oci_descriptor *what;
	int fd;                              /* gets it, from offset 0 */
	/* Called as soon as it is there, on the thread that asked. May be NULL. */
	int (*done)(void *ctx, struct vz_registry_blob *b, struct vz_err *err);
	void *ctx;
};
/* Several at once. */
int vz_registry_get_blobs(struct vz_registry *r, struct vz_registry_blob *blobs, size_t n, struct vz_err *err);

/* Sends what `fd` holds, unless the registry has it: then nothing is sent. */
int vz_registry_put_blob(struct vz_registry *r, const char *digest, int fd, uint64_t size, bool *ret_sent,
			 struct vz_err *err);

#endif
