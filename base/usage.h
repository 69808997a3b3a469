/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much disk a directory takes, with all below it.
 *
 * Bytes are what the file system gave (st_blocks * 512); an inode with several
 * names counts once.  Others may change the tree meanwhile: what vanishes does
 * not count, no link is followed, and no other file system is entered.
 */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdint.h>

#include "base/err.h"

/* What is below the directory `path` under `dir` is added to `total`, the directory itself not. One that is not
 * there, or no directory, has nothing. Nested more than 256 deep is an error. */
int vz_usage_below(int dir, const char *path, uint64_t *total, struct vz_err *err);
/* The same with what is at `path` itself, which need not be a directory. */
int vz_usage(int dir, const char *path, uint64_t *total, struct vz_err *err);

#endif
