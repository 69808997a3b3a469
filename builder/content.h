/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content: the bytes of a file of a tree, wherever they are, inline in the node
 * or in an object.
 *
 * For the few small files that the builder itself reads or writes (a package
 * database, seeds); everything else goes by digest only.
 */
#ifndef BUILDER_CONTENT_H
#define BUILDER_CONTENT_H

#include "base/buf.h"
#include "store/store.h"
#include "store/tree.h"

/* Appends the content of the regular file `n` to `ret`; at most 64 MiB. */
int vz_content_get(const struct vz_store *s, const struct vz_node *n, struct vz_buf *ret, struct vz_err *err);
/* The same by exact path. A path that is absent or not a regular file gives nothing, without an error. */
int vz_content_read(const struct vz_store *s, const struct vz_tree *t, const char *path, struct vz_buf *ret,
		    struct vz_err *err);
/* Replaces the content of `n`, which is not a hard link. */
int vz_content_set(struct vz_store *s, struct vz_node *n, const void *data, size_t len, struct vz_err *err);

/* A new file, or new content of the one that is there: directories are made as
 * needed (0755), the owner is root. Time: `date`. */
struct vz_content_file {
	const char *path;
	uint32_t mode;           /* permission bits */
	int64_t date;
	const void *data;
	size_t len;
};
int vz_content_write(struct vz_store *s, struct vz_tree *t, const struct vz_content_file *f, struct vz_err *err);

#endif
