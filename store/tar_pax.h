/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pax extended headers (POSIX.1-2001, "pax Extended Header"): what stands in a
 * tar archive before the entry that it completes.
 *
 *     LENGTH KEY=VALUE\n   …                 LENGTH counts all of it, in decimal
 *
 * What we use is path, linkpath, uid, gid, size, mtime and SCHILY.xattr.KEY,
 * where %25 and %3D in KEY stand for '%' and '=', as GNU tar writes them.
 * GNU.sparse keys, which change what the data mean, are refused, and so is one
 * of ours that is there twice; other keys are skipped, as every reader does.
 */
#ifndef STORE_TAR_PAX_H
#define STORE_TAR_PAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/tree.h"

#define VZ_PAX_MAX (1u << 20)            /* of a whole header */

struct vz_pax {
	char *path, *linkpath;           /* NULL: unsaid, as the flags below */
	bool has_uid, has_gid, has_size, has_mtime;
	uint32_t uid, gid, mtime_nsec;
	uint64_t size;
	int64_t mtime;
	struct vz_xattr *xattrs;
	uint32_t n_xattrs;
};

/* `ret` was zeroed, or holds what an earlier header of the same entry said. VZ_FAILED. */
int vz_pax_read(const char *data, size_t len, struct vz_pax *ret, struct vz_err *err);
/* Does it say anything? */
bool vz_pax_is_empty(const struct vz_pax *p);
void vz_pax_release(struct vz_pax *p);

#endif
