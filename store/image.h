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

/* What the format, or the tools that read it, can hold. */
#define VZ_IMAGE_FILE_MAX (UINT64_C(1) << 53)
#define VZ_IMAGE_TARGET_MAX 4095     /* of a symbolic link, or an object's path */
#define VZ_IMAGE_CONTENT_MAX 5000    /* inline */
/* A node's extended attributes: BASE plus the COST of each is at most MAX. */
#define VZ_IMAGE_XATTRS_MAX 32767
#define VZ_IMAGE_XATTRS_BASE 12
#define VZ_IMAGE_XATTR_COST(key_len, value_len) (7 + (size_t)(key_len) + (size_t)(value_len))

struct vz_image_options {
	unsigned min_version, max_version;   /* 0..1; both 0 in a zeroed struct means 0..1, the default */
	bool exact;                          /* min and max are meant as they stand */
};

/* Appends the image to `ret`. The tree is not changed. Fails on what the format
 * cannot hold (too many or too large xattrs, file over 2^53 bytes). NULL options: default. */
int vz_image_write(const struct vz_tree *t, const struct vz_image_options *o, struct vz_buf *ret, struct vz_err *err);
/* The tree of an image. */
struct vz_tree *vz_image_read(const void *image, size_t len, struct vz_err *err);

/* The number that stands for the file type of `mode` in a directory, 1 to 7; 0: no type. */
unsigned vz_image_file_type(uint32_t mode);
/* The size that the image gives the directory `dir` of a tree. */
uint64_t vz_image_dir_size(const struct vz_node *dir);

#endif
