/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tree as a composefs-compatible EROFS image: metadata and files up to 64
 * bytes only; larger contents are redirects to objects, which overlayfs
 * follows into the object directory.
 *
 * For one tree and format version there is exactly one image; its fs-verity
 * digest is the tree's name.  doc/image-format.md holds what is needed of the
 * format.  The reader trusts nothing: every offset is checked.
 */
#ifndef STORE_IMAGE_H
#define STORE_IMAGE_H

#include <stddef.h>

#include "base/buf.h"
#include "store/tree.h"

struct vz_image_options {
	unsigned min_version, max_version;   /* 0..1; both 0 in a zeroed struct means 0..1, the default */
	bool exact;                          /* min and max are meant as they stand */
};

/* Appends the image to `ret`. The tree is not changed. Fails on what the format
 * cannot hold (too many or too large xattrs, file over 2^53 bytes). NULL options: default. */
int vz_image_write(const struct vz_tree *t, const struct vz_image_options *o, struct vz_buf *ret, struct vz_err *err);
/* The tree of an image. */
struct vz_tree *vz_image_read(const void *image, size_t len, struct vz_err *err);

#endif
