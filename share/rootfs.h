/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Root file systems from layers: what an OCI image's layers come to, as a tree
 * and objects.  (OCI image specification, "Image Layer Filesystem Changeset")
 *
 * Each layer is an archive put over what is there: its directories are merged,
 * anything else replaces, ".wh.NAME" deletes NAME of the layers below, and
 * ".wh..wh..opq" all that the directory had below.  A directory that the layer
 * only names in paths keeps what it is below.  A hard link to a file of a lower
 * layer becomes a copy of it.
 *
 * Layers come from anywhere: they are read by a sink (store/sink.h) and may
 * unpack to 200 times their size, or to 256 MiB.  Attributes of overlayfs are
 * refused, as no layer has a use for them.
 */
#ifndef SHARE_ROOTFS_H
#define SHARE_ROOTFS_H

#include "store/store.h"
#include "store/tree.h"

struct vz_rootfs_layer {
	int fd;
	uint64_t offset, size;       /* of the blob in it */
	const char *digest;          /* of the blob: SHA-256, lower-case hex */
	const char *diff_id;         /* of its content */
};

/* Puts the layer over `t`, whose links are counted anew. Wrong digests, forged attributes: VZ_UNTRUSTED; what
 * cannot be in an archive: VZ_FAILED. */
int vz_rootfs_add(struct vz_store *s, struct vz_tree *t, const struct vz_rootfs_layer *l, uint64_t *new_bytes,
		  struct vz_err *err);

#endif
