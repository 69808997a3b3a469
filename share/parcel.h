/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parcels: things with names, one behind the other, in a blob.
 *
 *     "vzpkg-parcel 1\n"
 *     { KIND " " NAME " " LENGTH "\n" BYTES "\n" }
 *     "end " NUMBER-OF-ITEMS "\n"
 *
 * A KIND is a word of lower-case letters, a NAME has neither blanks nor control
 * bytes.  An "object" is a file's content, named by its fs-verity digest; a
 * "record" is a package's, named by the digest of the package file.  Who needs
 * others adds kinds.
 *
 * What a package brought is one parcel: its record, then the objects of the
 * record's tree in the order of that tree, each once.  So it follows from the
 * record alone, and compressed by the same library it is the same blob on any
 * host: registries keep it once.
 *
 * A reader takes bytes from a blob reader and bounds every length.  It does not
 * know what a digest is; vz_parcel_take() does, and believes none.
 */
#ifndef SHARE_PARCEL_H
#define SHARE_PARCEL_H

#include "base/table.h"
#include "share/blob.h"
#include "store/record.h"
#include "store/store.h"

/*
 * Writing.
 */

struct vz_parcel_writer;
struct vz_parcel_writer *vz_parcel_writer_new(const struct vz_store *s, struct vz_blob_writer *to);
/* An item with all its bytes. */
int vz_parcel_add(struct vz_parcel_writer *w, const char *kind, const char *name, const void *data, size_t len,
		  struct vz_err *err);
/* An object of the store; checked against its name while it is read. VZ_DAMAGED. */
int vz_parcel_add_object(struct vz_parcel_writer *w, const struct vz_digest *d, uint64_t size, struct vz_err *err);
/* The record of the package file `digest`, and its objects. */
int vz_parcel_add_package(struct vz_parcel_writer *w, const char *digest, struct vz_err *err);
int vz_parcel_end(struct vz_parcel_writer *w, struct vz_err *err);
void vz_parcel_writer_free(struct vz_parcel_writer *w);
VZ_AUTO(struct vz_parcel_writer, vz_parcel_writer_free)
#define auto_parcel_writer VZ_CLEANUP(vz_parcel_writer_free)

/*
 * Reading.
 */

#define VZ_PARCEL_KIND_MAX 32
#define VZ_PARCEL_NAME_MAX 255

struct vz_parcel_item {
	char kind[VZ_PARCEL_KIND_MAX + 1], name[VZ_PARCEL_NAME_MAX + 1];
	uint64_t size;
};

struct vz_parcel_reader;
struct vz_parcel_reader *vz_parcel_reader_new(struct vz_blob_reader *from);
/* 1 and the next item, 0 at the end, which is the blob's; -1. Bytes that were not read are skipped. VZ_UNTRUSTED. */
int vz_parcel_next(struct vz_parcel_reader *r, struct vz_parcel_item *ret, struct vz_err *err);
/* Some of the item's bytes, valid until the next call; 0 behind them, -1. */
ptrdiff_t vz_parcel_data(struct vz_parcel_reader *r, const void **ret, struct vz_err *err);
/* All of them, at most `limit`, are added to `ret`. */
int vz_parcel_text(struct vz_parcel_reader *r, size_t limit, struct vz_buf *ret, struct vz_err *err);
void vz_parcel_reader_free(struct vz_parcel_reader *r);
VZ_AUTO(struct vz_parcel_reader, vz_parcel_reader_free)
#define auto_parcel_reader VZ_CLEANUP(vz_parcel_reader_free)

struct vz_parcel_take {
	struct vz_store *store;
	const struct vz_table *wanted;   /* hex → uint64_t *, the size: objects to take; others are skipped. NULL: all */
	const char *record;              /* the package whose record is to be kept, if it comes; or NULL: none is */
	/* What is done with other kinds, in order; NULL: they are skipped. Bytes that it does not read are skipped. */
	int (*other)(void *ctx, struct vz_parcel_reader *r, const struct vz_parcel_item *item, struct vz_err *err);
	void *ctx;
	struct vz_table *seen;           /* dry: objects are checked and noted here, by digest with NULL, and not taken; or NULL */
	uint64_t new_bytes;              /* result: of objects that were not in the store */
};
/* Reads a parcel to its end into the store. A content that is not its name's, or another size than wanted, or a record
 * that lacks an object is VZ_UNTRUSTED. Durable only after vz_store_sync(). From any thread. */
int vz_parcel_take(struct vz_parcel_take *t, struct vz_blob_reader *from, struct vz_err *err);

#endif
