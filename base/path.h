/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths inside an environment or a package, where somebody else made the names.
 *
 * The only file that may resolve such a path on a live file system: always
 * from a directory descriptor, with openat2(2) RESOLVE_IN_ROOT (symbolic links
 * are taken relative to that root) or RESOLVE_BENEATH, never following magic
 * links.  Devices and FIFOs are never opened for reading: vz_path_open_file()
 * opens O_PATH first, looks at the type, then reopens.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

/* Opens `path` as seen by someone whose root directory is `root`. Absolute and
 * relative mean the same. `flags` as open(2); O_CLOEXEC is added. */
int vz_path_open(int root, const char *path, int flags, mode_t mode, struct vz_err *err);
/* The same for reading a regular file; anything else is an error. */
int vz_path_open_file(int root, const char *path, struct vz_err *err);
/* Opens the directory entry `name` (one component) of `dir` for reading, not
 * following a link; `ret_st` is what was opened, and a regular file, or an
 * error. */
int vz_path_open_entry(int dir, const char *name, struct stat *ret_st, struct vz_err *err);
/* Opens `path` below `root` as it stands: a symbolic link in it, or another mount, is an error. The last component may
 * be a link if `flags` are O_PATH | O_NOFOLLOW. What is not there, or not to be reached so: VZ_NOTFOUND. */
int vz_path_open_beneath(int root, const char *path, int flags, struct vz_err *err);
/* Makes directories below `root`, inside it. */
int vz_path_make_dirs(int root, const char *path, mode_t mode, struct vz_err *err);

/* Is `path` of an archive acceptable as it stands: relative or absolute,
 * no "..", no component over 255 bytes, at most 4 KiB, no NUL. */
bool vz_path_is_sane(const char *path);
/* Writes `path` in normal form into a new string: one leading slash, no
 * trailing one, no "." and no empty components. ".." is kept. "/" for the root. */
char *vz_path_normal(const char *path);
/* Name of an environment or template: [A-Za-z0-9][A-Za-z0-9._-]{0,127}. */
bool vz_name_is_sane(const char *name);

#endif
