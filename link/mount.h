/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mounting: an image, objects and a private area become a file system.
 *
 * A mount plan is a plain value; vz_mount_new() executes it and returns a
 * detached mount (fsmount style) that the caller attaches where it likes, or
 * drops by closing it.  Nothing of it is visible anywhere until it is attached,
 * and nothing is left if the process dies before.
 *
 * What the kernel can do decides how: the image is mounted as a file (6.12, if
 * configured) or through a loop device; the objects are a data-only layer of
 * overlayfs (6.5) or its last ordinary one, which the image hides.  Layers are
 * put together in a mount namespace that only this call sees.  Tests force the
 * older ways.  Where the store could seal its images with fs-verity, overlayfs
 * checks the objects they show by their digests too (6.6).
 *
 * A second image can lie above the first, over the same objects: files that an
 * environment has for itself, sealed.  It adds and replaces; images have no way
 * to take away.
 *
 * Each mount has image mounts of its own, which go away with it.  Sharing
 * one would save no page cache worth having: contents are objects, one inode
 * each on the store's file system, and the image's blocks are cached with the
 * image file.
 *
 * A lasting upper is mounted over one image after another; an empty layer above
 * the image keeps overlayfs from taking an inode of one for the same of another.
 *
 * A mount honours no device nodes (they come from /dev, see link/enter.h),
 * but setuid programs work.
 */
#ifndef LINK_MOUNT_H
#define LINK_MOUNT_H

#include <stdbool.h>

#include "store/store.h"

enum vz_mount_way {              /* for tests; 0: as the kernel can */
	VZ_MOUNT_LOOP = 1,           /* image through a loop device */
	VZ_MOUNT_NO_DATADIR = 2,     /* objects as an ordinary lower layer */
};

struct vz_mount_plan {
	int image_fd;                /* the EROFS image, a file on disk; -1: images/<image>.erofs of the store */
	struct vz_digest image;
	struct vz_digest layer;      /* another of the store, above that; zero: none */
	int upper_fd, work_fd;       /* directories on one file system; -1: read-only */
	bool volatile_upper;         /* never sync: for builds only. Such an upper can be mounted once */
	unsigned ways;
};

/* A detached mount of the whole, or -1. A kernel or file system that cannot do
 * it gives a message that names what is missing. */
int vz_mount_new(const struct vz_store *s, const struct vz_mount_plan *p, struct vz_err *err);
/* Attaches a detached mount at `path` (a directory). */
int vz_mount_attach(int mount_fd, const char *path, struct vz_err *err);
/* Is something mounted at `path` (a directory below `dir`) itself? */
bool vz_mount_is_point(int dir, const char *path);
/* Takes the topmost mount off `path`. VZ_BUSY while something in it is in use. */
int vz_mount_detach(const char *path, struct vz_err *err);

#endif
