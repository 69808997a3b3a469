/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Objects: one file's content each, named by its fs-verity digest, mode 0644,
 * owned by root, never changed once it has its name.  Contents of up to
 * VZ_INLINE_MAX bytes need no object; they stand in the tree.
 *
 * Putting is idempotent and safe from many threads and processes at once: the
 * content goes to a temporary file (O_TMPFILE) and gets its name by link(2),
 * which never replaces.  An object that exists is never written again.
 *
 * Blocks that are all zeros are holes, whatever they were where the content came from: its
 * name does not say which they were, and a file that was sparse stays so.
 */
#ifndef STORE_OBJECT_H
#define STORE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* "ab/cdef…", the object's path below objects/, also the redirect in an image. */
void vz_object_path(const struct vz_digest *d, char ret[VZ_HEX_LEN + 2]);
bool vz_object_has(const struct vz_store *s, const struct vz_digest *d);
int vz_object_open(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err);   /* read-only; VZ_DAMAGED if absent */

/* Content in memory. `ret_new` (may be NULL): whether it had to be written. */
int vz_object_put(struct vz_store *s, const void *data, size_t len, struct vz_digest *ret, bool *ret_new,
		  struct vz_err *err);

/* Content that arrives in pieces. Up to 1 MiB is hashed in memory and touches
 * the disk only if the object is new; longer content goes to a temporary file. */
struct vz_object_writer;
struct vz_object_writer *vz_object_writer_new(struct vz_store *s);
int vz_object_writer_add(struct vz_object_writer *w, const void *data, size_t len, struct vz_err *err);
/* Publishes and starts anew. Content of at most VZ_INLINE_MAX bytes is not
 * stored: `*ret_inline` points at it until the next call, else it is NULL. */
int vz_object_writer_end(struct vz_object_writer *w, struct vz_digest *ret, uint64_t *ret_size,
			 const void **ret_inline, struct vz_err *err);
void vz_object_writer_free(struct vz_object_writer *w);
VZ_AUTO(struct vz_object_writer, vz_object_writer_free)
#define auto_object_writer VZ_CLEANUP(vz_object_writer_free)
uint64_t vz_object_writer_new_bytes(const struct vz_object_writer *w);    /* written because new, so far */

/* Content of a whole descriptor, from its current offset. Becomes an object even if
 * short: a caller who wants inline content uses a writer. */
int vz_object_put_fd(struct vz_store *s, int fd, struct vz_digest *ret, uint64_t *ret_size, bool *ret_new,
		     struct vz_err *err);

#endif
