/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exports: a subject as something that other tools take.
 *
 * OCI: an image layout (share/layout.h) with one image, as podman, skopeo,
 * umoci run and unpack it.  Its layers are those of share/layers.h.  So that it
 * can come back as the template it was, the manifest's annotations hold our
 * manifest and the lock: "vzpkg.manifest", "vzpkg.lock".
 *
 * tar: the whole tree, compressed as the file's ending says.
 *
 * composefs: a directory with the image, the objects it refers to, and the
 * template's manifest and lock, as the reference's mount helper takes it:
 *
 *     image   objects/ab/cdef…   manifest   lock
 *
 * The same subject gives the same bytes.
 */
#ifndef SHARE_EXPORT_H
#define SHARE_EXPORT_H

#include "base/report.h"
#include "share/pack.h"
#include "share/subject.h"

#define VZ_SHARE_MANIFEST "vzpkg.manifest"
#define VZ_SHARE_LOCK "vzpkg.lock"

struct vz_export {
	const struct vz_store *store;
	struct vz_subject *subject;
	const char *path;                /* what is made; VZ_EXISTS */
	enum vz_packing packing;         /* of the layers: OCI only */
	const struct vz_report *report;
	/* result */
	char digest[VZ_HEX_LEN + 1];     /* OCI: of the manifest; tar: of the file; composefs: of the image, fs-verity */
	uint64_t size;                   /* bytes written */
};

int vz_export_oci(struct vz_export *e, struct vz_err *err);
int vz_export_tar(struct vz_export *e, struct vz_err *err);
int vz_export_composefs(struct vz_export *e, struct vz_err *err);

#endif
