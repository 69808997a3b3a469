/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A private area copied: a directory with all below it, made again beside.
 *
 * Everything that overlayfs and a tenant can see of it is the same: types,
 * contents with their holes, modes, owners, times, attributes (those of overlayfs
 * too, but for what names inodes of the old one), and which names are one inode.
 * Sockets are left out.  Nothing is followed, and nothing but regular files and
 * directories is opened.  Where the file system can, contents are shared.
 */
#ifndef LINK_COPY_H
#define LINK_COPY_H

#include <stdint.h>

#include "base/err.h"

/* The content of a file of `size` bytes, with its holes, into an empty one. What `from` does not have is a hole. */
int vz_copy_content(int from, int to, uint64_t size, struct vz_err *err);
/* Makes `name` in `dir` a copy of the directory `from`. What is there when it fails is the caller's to remove. */
int vz_copy_dir(int from, int dir, const char *name, struct vz_err *err);

#endif
