/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors: closing, whole reads and writes, durable small files, listing,
 * removal by descriptor.
 *
 * All names are relative to a directory descriptor (AT_FDCWD for our own
 * paths).  Paths that a package or a tenant had a say in go through
 * base/path.h instead.  Every descriptor made here is close-on-exec.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/texts.h"

static inline void vz_fd_close_indirect(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define auto_fd __attribute__((cleanup(vz_fd_close_indirect)))
#define steal_fd(p) ({ int stolen_ = *(p); *(p) = -1; stolen_; })

/* open(2), openat(2) with O_CLOEXEC; -1 and a message naming `path`. ENOENT gives VZ_NOTFOUND. */
int vz_open(int dir, const char *path, int flags, mode_t mode, struct vz_err *err);
/* Opens a directory (O_DIRECTORY), making it and its parents (mode) if `make`. */
int vz_open_dir(int dir, const char *path, struct vz_err *err);
int vz_make_dirs(int dir, const char *path, mode_t mode, struct vz_err *err);

/* Whole contents, at most `limit` bytes (more is an error). Appends to `ret`. */
int vz_read_fd(int fd, size_t limit, struct vz_buf *ret, struct vz_err *err);
int vz_read_file(int dir, const char *path, size_t limit, struct vz_buf *ret, struct vz_err *err);
int vz_write_fd(int fd, const void *data, size_t len, struct vz_err *err);

/* Writes `path` so that after return it durably holds exactly `data`, and at no
 * time anything but the old or the new content: temporary name in the same
 * directory, fsync, rename, fsync of the directory. */
int vz_write_file(int dir, const char *path, const void *data, size_t len, mode_t mode, struct vz_err *err);

int vz_fsync(int fd, const char *what, struct vz_err *err);
/* fsync of the directory `path` under `dir`. */
int vz_fsync_dir(int dir, const char *path, struct vz_err *err);

/* Adds the names in the directory `path` under `dir`, without "." and "..", and sorts. VZ_NOTFOUND. */
int vz_list_dir(int dir, const char *path, struct vz_texts *ret, struct vz_err *err);

/* Removes `name` under `dir` with all below it, never following a link and
 * never crossing into another mount; chmods directories that refuse. Nothing
 * there is success. */
int vz_remove_tree(int dir, const char *name, struct vz_err *err);

/* Takes a lock on `fd` (flock). `wait` false: VZ_BUSY at once, naming `what`. */
enum vz_lock { VZ_LOCK_SHARED, VZ_LOCK_EXCLUSIVE };
int vz_lock_fd(int fd, enum vz_lock how, bool wait, const char *what, struct vz_err *err);

#endif
