/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OCI image layouts: a directory, or a tar archive of one, with blobs by digest.
 *
 *     oci-layout          {"imageLayoutVersion":"1.0.0"}
 *     blobs/sha256/HEX
 *     index.json
 *
 * A writer takes blobs one after the other and the index last.  A path that
 * ends in ".tar" becomes an archive, with the entries in the order above and
 * blobs in the order they came, each written where it will stay.
 */
#ifndef SHARE_LAYOUT_H
#define SHARE_LAYOUT_H

#include "share/blob.h"
#include "share/oci_image.h"

struct vz_layout_writer;
/* VZ_EXISTS. */
struct vz_layout_writer *vz_layout_begin(const char *path, struct vz_err *err);
/* A blob: written to `*ret_fd`, at its offset, by a vz_blob_writer, whose result ends it. */
int vz_layout_blob_begin(struct vz_layout_writer *w, int *ret_fd, struct vz_err *err);
int vz_layout_blob_end(struct vz_layout_writer *w, const struct vz_blob *b, struct vz_err *err);
/* One that is in memory; its digest goes to `ret` (VZ_HEX_LEN + 1). */
int vz_layout_put(struct vz_layout_writer *w, const void *data, size_t len, char *ret, struct vz_err *err);
/* Writes the index; the layout exists after that. */
int vz_layout_end(struct vz_layout_writer *w, const struct vz_oci_index *index, struct vz_err *err);
/* Removes what was not ended. */
void vz_layout_writer_free(struct vz_layout_writer *w);
VZ_AUTO(struct vz_layout_writer, vz_layout_writer_free)
#define auto_layout_writer VZ_CLEANUP(vz_layout_writer_free)

/*
 * A reader takes either form; of an archive it remembers where the blobs are.
 * Nothing is believed: a blob is read by digest and size, and its digest is the
 * caller's to check (vz_blob_check()), but for documents.
 */
struct vz_layout;
/* VZ_NOTFOUND: nothing there; VZ_FAILED: no image layout. */
struct vz_layout *vz_layout_open(const char *path, struct vz_err *err);
const struct vz_oci_index *vz_layout_index(const struct vz_layout *l);
/* Where a blob is: in `*ret_fd`, which stays the layout's until the next call, from `*ret_offset`. VZ_UNTRUSTED if it is
 * not there or has another size. */
int vz_layout_find(struct vz_layout *l, const struct vz_oci_descriptor *d, int *ret_fd, uint64_t *ret_offset,
		   struct vz_err *err);
/* A document, checked. */
int vz_layout_read(struct vz_layout *l, const struct vz_oci_descriptor *d, struct vz_buf *ret, struct vz_err *err);
void vz_layout_close(struct vz_layout *l);
VZ_AUTO(struct vz_layout, vz_layout_close)
#define auto_layout VZ_CLEANUP(vz_layout_close)

#endif
