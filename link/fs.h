/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File system contexts: the kernel's fsopen(2), fsconfig(2), fsmount(2) with
 * messages a person understands, and calls made inside another mount namespace.
 *
 * A context begins with vz_fs_open(), takes its options, and ends in
 * vz_fs_mount(), which gives a detached mount.  What the kernel says about a
 * refused option or mount is part of the error; `errno` is kept as it was, for
 * callers that try another way.
 */
#ifndef LINK_FS_H
#define LINK_FS_H

#include "base/err.h"

int vz_fs_open(const char *type, struct vz_err *err);
/* NULL for `value`: a flag. */
int vz_fs_set(int fs, const char *key, const char *value, struct vz_err *err);
/* A directory or file by descriptor, as the value of `key`. */
int vz_fs_set_fd(int fs, const char *key, int fd, struct vz_err *err);
/* Makes the file system, and a detached mount of it with `attributes` (MOUNT_ATTR_*). */
int vz_fs_mount(int fs, const char *type, unsigned attributes, struct vz_err *err);
/* Attaches the detached mount `mount_fd` on the file or directory `target_fd`; `what` is for the message. */
int vz_fs_attach(int mount_fd, int target_fd, const char *what, struct vz_err *err);
/* A detached copy of the one mount that `fd` or `path` below it is in. `path` may be "". */
int vz_fs_clone(int fd, const char *path, struct vz_err *err);

/* Makes `root_fd`, a mount attached over "/" (which needs no directory of the
 * old root's), the root directory, ours and of all that had the old one as root
 * or working directory, and takes the old one away. */
int vz_fs_pivot(int root_fd, struct vz_err *err);

/* For who has just got a mount namespace of its own, and shares its root
 * directory with nobody: no mount goes in or out of it any more, and the root and
 * working directory become the namespace's, which in a chroot are others. */
int vz_fs_own_namespace(struct vz_err *err);

/* Calls `fn(arg, err)` with another mount namespace as its own: that of
 * `ns_fd`, or for -1 a new private copy of ours, gone when the call returns.
 * Descriptors are shared, so it can hand out what it opens. Its root and
 * working directory are those of the namespace. */
int vz_fs_in_namespace(int ns_fd, int (*fn)(void *arg, struct vz_err *err), void *arg, struct vz_err *err);

#endif
