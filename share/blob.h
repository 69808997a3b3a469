/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blobs: what goes between hosts, a run of bytes named by its SHA-256 digest,
 * often compressed.
 *
 * A writer compresses what it is given into a file and tells both digests: of
 * the content, and of the file.
 */
#ifndef SHARE_BLOB_H
#define SHARE_BLOB_H

#include <stdint.h>

#include "base/digest.h"
#include "share/pack.h"

struct vz_blob {
	char digest[VZ_HEX_LEN + 1];         /* SHA-256 of the file, lower-case hex */
	uint64_t size;
	char content_digest[VZ_HEX_LEN + 1]; /* of what it holds uncompressed */
	uint64_t content_size;
};

struct vz_blob_writer;
/* Writes to `fd`, which stays open, at its offset. */
struct vz_blob_writer *vz_blob_writer_new(int fd, enum vz_packing packing, enum vz_pack_width width);
int vz_blob_writer_add(struct vz_blob_writer *w, const void *data, size_t len, struct vz_err *err);
int vz_blob_writer_end(struct vz_blob_writer *w, struct vz_blob *ret, struct vz_err *err);
void vz_blob_writer_free(struct vz_blob_writer *w);
VZ_AUTO(struct vz_blob_writer, vz_blob_writer_free)
#define auto_blob_writer VZ_CLEANUP(vz_blob_writer_free)

/*
 * A reader tells by the first bytes how a blob is compressed, if it is.  What it
 * gives is not to be believed before vz_blob_check() had a look at the file, or
 * somebody else at its digest.  VZ_UNTRUSTED for what does not unpack.
 */
struct vz_blob_reader;
/* The blob is `size` bytes of `fd` from `offset`; its content has at most `most`. */
struct vz_blob_reader *vz_blob_reader_new(int fd, uint64_t offset, uint64_t size, uint64_t most);
/* Gives `len` bytes, fewer only at the end, -1 on error. */
ptrdiff_t vz_blob_reader_read(struct vz_blob_reader *r, void *buf, size_t len, struct vz_err *err);
/* Fails if there is more; gives the digest of the content. */
int vz_blob_reader_end(struct vz_blob_reader *r, char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err);
void vz_blob_reader_free(struct vz_blob_reader *r);
VZ_AUTO(struct vz_blob_reader, vz_blob_reader_free)
#define auto_blob_reader VZ_CLEANUP(vz_blob_reader_free)

/* Has the file at `offset` a blob with that digest? VZ_UNTRUSTED. */
int vz_blob_check(int fd, uint64_t offset, uint64_t size, const char *digest, struct vz_err *err);

#endif
