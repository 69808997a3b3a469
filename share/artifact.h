/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Artifacts: a template as a registry keeps it, in pieces that others have, too.
 *
 * An artifact is an OCI manifest of the type below.  Its configuration is our
 * manifest, its layers are
 *
 *     the lock, and the tree as a dump, each compressed
 *     for each package a parcel of its record and contents (share/parcel.h),
 *             annotated "vzpkg.package" with the digest of the package file
 *     for each larger content that is no package's a parcel of that alone,
 *             annotated "vzpkg.object" with its fs-verity digest
 *     a parcel of all smaller ones
 *
 * So a registry keeps what a package brought once for all templates, and a host
 * takes only what it lacks.  A signed manifest vouches for all of it: for our
 * manifest and so for image and lock, and each content by its digest in the tree.
 */
#ifndef SHARE_ARTIFACT_H
#define SHARE_ARTIFACT_H

#include "base/report.h"
#include "share/registry.h"
#include "share/subject.h"

#define VZ_ARTIFACT "application/vnd.vzpkg.template.v1"
#define VZ_ARTIFACT_MANIFEST "application/vnd.vzpkg.manifest.v1+json"
#define VZ_ARTIFACT_LOCK "application/vnd.vzpkg.lock.v1+zstd"
#define VZ_ARTIFACT_TREE "application/vnd.vzpkg.tree.v1+zstd"
#define VZ_ARTIFACT_PARCEL "application/vnd.vzpkg.parcel.v1+zstd"
#define VZ_ARTIFACT_PACKAGE "vzpkg.package"
#define VZ_ARTIFACT_OBJECT "vzpkg.object"

struct vz_push {
	struct vz_store *store;
	const struct vz_subject *subject;
	const struct vz_registry_name *to;
	struct vz_registry *registry;    /* open for VZ_REGISTRY_PUSH */
	const char *sign_key;            /* private, a file; or NULL: unsigned */
	const struct vz_report *report;
	/* result */
	char digest[VZ_HEX_LEN + 1];     /* of the artifact's manifest */
	uint64_t size, sent;             /* bytes of all blobs, and of those that the registry did not have */
	size_t blobs;
};
/* The tag exists, or is another one, with the last step. */
int vz_push(struct vz_push *p, struct vz_err *err);

struct vz_pull {
	struct vz_store *store;          /* open for change */
	const struct vz_registry_name *from;
	struct vz_registry *registry;
	const char *key;                 /* public, a file; NULL: no signature is asked for */
	const char *name;                /* of the template here; NULL: as it was called there */
	bool dry_run;                    /* only see what is missing */
	const struct vz_report *report;
	/* result */
	struct vz_manifest manifest;     /* what was published, or is there already */
	bool changed;
	char digest[VZ_HEX_LEN + 1];
	uint64_t fetched;                /* bytes; dry run: that would be */
};
/* As an import (share/import.h). VZ_UNTRUSTED: no good signature, or not what the manifest says. */
int vz_pull(struct vz_pull *p, struct vz_err *err);
void vz_pull_release(struct vz_pull *p);

/* Signs the manifest `digest` in the registry; what others signed stays. */
int vz_artifact_sign(struct vz_registry *r, const struct vz_registry_name *n, const char *digest, const char *key,
		     struct vz_err *err);
/* Is the manifest signed with that key? VZ_UNTRUSTED. */
int vz_artifact_check(struct vz_registry *r, const char *digest, const char *key, struct vz_err *err);

#endif
