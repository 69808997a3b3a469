/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading tar: the formats that dpkg reads, which are v7, ustar with its name
 * prefix, and GNU with long names (type L) and long link targets (K).
 *
 *     struct vz_tar *t = vz_tar_new(read, ctx);
 *     while ((r = vz_tar_next(t, &entry, err)) > 0)
 *             while ((n = vz_tar_data(t, &bytes, err)) > 0) …
 *
 * Everything that is not understood is an error, never skipped: PAX headers,
 * sparse files, unknown types, a wrong checksum, a number out of its range.
 * So is an archive without an end mark, and anything but zeros behind it.
 * vz_tar_allow_pax() lets pax headers in (store/tar_pax.h), for archives that
 * are not a package's: one for an entry, which counts over what the entry's own
 * header says, and global ones that say nothing of what we use.
 * Names are bytes as they stand; what is acceptable in them is the caller's to say.
 */
#ifndef STORE_TAR_H
#define STORE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_tar_entry {
	const char *name;        /* this, `link` and `xattrs` are valid until the next call of vz_tar_next() */
	const char *link;        /* target of a symbolic or hard link, else NULL */
	uint32_t mode;           /* as st_mode, type included; a hard link has S_IFREG */
	bool hard_link;
	uint32_t uid, gid, major, minor;
	uint64_t size;           /* of the data that follows: regular files only, else 0 */
	int64_t mtime;
	uint32_t mtime_nsec;
	const struct vz_xattr *xattrs;   /* of a pax header */
	size_t n_xattrs;
	uint64_t offset;         /* in the stream, of the data */
};

/* Gives up to `len` bytes, fewer only at the end of the stream, -1 on error. */
typedef ptrdiff_t (*vz_tar_source)(void *ctx, void *buf, size_t len, struct vz_err *err);

struct vz_xattr;
struct vz_tar;
struct vz_tar *vz_tar_new(vz_tar_source source, void *ctx);
void vz_tar_allow_pax(struct vz_tar *t);
void vz_tar_free(struct vz_tar *t);
VZ_AUTO(struct vz_tar, vz_tar_free)
#define auto_tar VZ_CLEANUP(vz_tar_free)

/* 1 and the next entry, 0 at the end, -1. Data that was not read is skipped. */
int vz_tar_next(struct vz_tar *t, struct vz_tar_entry *ret, struct vz_err *err);
/* The next piece of the entry's data, valid until the next call; 0 behind it, -1. */
ptrdiff_t vz_tar_data(struct vz_tar *t, const void **ret, struct vz_err *err);

#endif
