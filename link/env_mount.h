/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one mount of an environment, for the files that link/env.h is made of.
 */
#ifndef LINK_ENV_MOUNT_H
#define LINK_ENV_MOUNT_H

#include "base/fd.h"
#include "link/env.h"

/* A detached copy of the mount that is in use, of the environment whose lock we
 * hold; -1 in `ret_fd` if there is none. */
int vz_env_find_mount(const struct vz_store *s, const char *name, int lock, int *ret_fd, struct vz_err *err);
/* A new mount of what `e` says, on the private area; that another is in use is the caller's to know. */
int vz_env_mount_new(const struct vz_store *s, const struct vz_env *e, struct vz_err *err);
/* A detached mount of the environment whose lock we hold: of the one that is there, or else new. */
int vz_env_get_mount(const struct vz_store *s, const struct vz_env *e, int lock, struct vz_err *err);
/* Byte 1 of the lock: shared while something of ours may be mounted, exclusive to wait until nothing is. */
int vz_env_lock_mount(int lock, enum vz_lock how, struct vz_err *err);

#endif
