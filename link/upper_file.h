/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of an upper directory: made as a node says, and told from others.
 *
 * What is made has all that the node says but *.overlay.* attributes, which
 * would mean something to overlayfs.  It is made in a directory that nobody else
 * reaches, and comes to its place by a rename.
 *
 * A mark stands for everything about a file that a tenant can change: type,
 * mode, owner, time, attributes, content or target; of a directory, type, mode,
 * owner and attributes.  Two files with the same mark are the same for all that anyone inside
 * can see.  Only regular files are opened for it, and only if their size is right.
 */
#ifndef LINK_UPPER_FILE_H
#define LINK_UPPER_FILE_H

#include "link/upper.h"
#include "store/store.h"

struct vz_upper_mark {
	bool there;                      /* false: it stands for nothing being there */
	uint64_t size;                   /* of a regular file */
	struct vz_digest sum;
};

/* Makes what `c` puts there (not DROP) as `name` in `dir`. Not durable yet. */
int vz_upper_make(const struct vz_store *s, int dir, const char *name, const struct vz_upper_change *c,
		  struct vz_err *err);
/* The mark of what is at `path` below `dir`, as vz_upper_look() sees it. */
int vz_upper_mark(int dir, const char *path, struct vz_upper_mark *ret, struct vz_err *err);
/* Is what is there what `mark` stands for? */
int vz_upper_is(int dir, const char *path, const struct vz_upper_mark *mark, bool *ret, struct vz_err *err);

#endif
