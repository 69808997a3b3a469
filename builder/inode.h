/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An inode of a private area as a node: everything about it, its content apart.
 *
 * Overlayfs' own marks stay, for builder/overlay.h and builder/survey.h to
 * understand; attributes that mean nothing elsewhere (labels of this host,
 * user.overlay.*) are left out.
 */
#ifndef BUILDER_INODE_H
#define BUILDER_INODE_H

#include <sys/stat.h>

#include "base/err.h"
#include "store/store.h"
#include "store/tree.h"

/* `fd`, which may be an O_PATH one, is open on it, and `st` is what fstat(2) says of it. `n` is not a link. The size is
 * that of a file's content, which is neither read nor set. */
int vz_inode_read(int fd, const struct stat *st, struct vz_node *n, struct vz_err *err);
/* The content of the regular file `fd`, from its start, while it may change: inline where it is small, else as an object
 * of the store. `*new_bytes` grows by what the store did not have. */
int vz_inode_read_content(struct vz_store *s, int fd, struct vz_node *n, uint64_t *new_bytes, struct vz_err *err);

#endif
