/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mounting: an image, objects and a private area become a file system.
 *
 * A mount plan is a plain value; vz_mount_new() executes it and returns a
 * detached mount (open_tree/fsmount style) that the caller attaches where it
 * likes, or drops by closing it.  What the kernel can do is found out once at
 * run time (vz_mount_probe): file-backed EROFS or a loop device; overlayfs with
 * data-only lower layers (6.5; by `datadir+`, or `lowerdir=a::b`) or with the
 * objects as an ordinary last layer.  Tests force the fallbacks.
 */
#ifndef LINK_MOUNT_H
#define LINK_MOUNT_H

#include <stdbool.h>

#include "store/store.h"

enum vz_mount_way {              /* for tests; 0 lets the probe choose */
	VZ_MOUNT_LOOP = 1,           /* image through a loop device */
	VZ_MOUNT_NO_DATADIR = 2,     /* objects as an ordinary lower layer */
};

struct vz_mount_plan {
	int image_fd;                /* the EROFS image, a file on disk; -1: images/<image>.erofs of the store */
	struct vz_digest image;
	int upper_fd, work_fd;       /* directories on one file system; -1: read-only */
	bool volatile_upper;         /* never sync: for builds only */
	unsigned ways;
};

/* A detached mount of the whole, or -1. A kernel or file system that cannot do
 * it gives a message that names what is missing. */
int vz_mount_new(const struct vz_store *s, const struct vz_mount_plan *p, struct vz_err *err);
/* Attaches a detached mount at `path` (a directory). */
int vz_mount_attach(int mount_fd, const char *path, struct vz_err *err);
/* Is something mounted at `path` (a directory below `dir`) itself? */
bool vz_mount_is_point(int dir, const char *path);
int vz_mount_detach(const char *path, struct vz_err *err);

#endif
