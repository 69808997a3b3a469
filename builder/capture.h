/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Capture: an upper directory applied to the tree it lay over.
 *
 * Contents become objects; whiteouts and opaque directories delete; files that
 * overlayfs copied up by metadata only keep the digest they had; renamed
 * directories (redirect) are followed.  *.overlay.* attributes never pass.
 * Times later than `date` become `date`.  The upper is read by descriptor,
 * never by path (base/path.h), as a tenant may be writing to it.
 */
#ifndef BUILDER_CAPTURE_H
#define BUILDER_CAPTURE_H

#include "store/store.h"
#include "store/tree.h"

struct vz_capture {
	struct vz_store *store;
	int upper_fd;
	int64_t date;            /* clamp; INT64_MAX: none */
	uint64_t new_bytes;      /* result: bytes of objects that were not in the store */
};

/* Changes `t`, the lower tree, into what the merged view shows. */
int vz_capture(struct vz_capture *c, struct vz_tree *t, struct vz_err *err);

#endif
