/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents: self-checksummed JSON objects, the form of manifests and of the
 * records of environments.
 *
 * A document is one object, members in byte order of their names, indented by
 * two blanks a level, and a newline.  Its members are "format" (a text: what it
 * is, and the version of that), those of its kind, and "checksum": the SHA-256
 * of the object without it, written compactly (no white space, members in byte
 * order).  There is one text for one document, and any other is refused.  So
 * are unknown members: a new one means a new format.
 *
 * A kind of document is a struct and a table that says where its members are:
 *
 *     static const struct vz_member members[] = {
 *         { "name", VZ_MEMBER_NAME, offsetof(struct vz_x, name) },
 *         { "image.size", VZ_MEMBER_COUNT, offsetof(struct vz_x, size) },     "image": {"size": …}
 *         {0}
 *     };
 *     static const struct vz_document_kind kind = { "vzpkg-x 1", "record", members };
 */
#ifndef STORE_DOCUMENT_H
#define STORE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/texts.h"

enum vz_member_type {
	VZ_MEMBER_TEXT,              /* char * */
	VZ_MEMBER_NAME,              /* char *; read only if vz_name_is_sane() */
	VZ_MEMBER_TEXTS,             /* struct vz_texts; absent where empty */
	VZ_MEMBER_FLAG,              /* bool */
	VZ_MEMBER_DIGEST,            /* struct vz_digest */
	VZ_MEMBER_ORDINAL,           /* unsigned; read only if not 0 */
	VZ_MEMBER_COUNT,             /* uint64_t below 2^63 */
	VZ_MEMBER_TIME,              /* int64_t, Unix time */
	VZ_MEMBER_REAL,              /* double, finite */
};

struct vz_member {
	const char *key;             /* NULL ends the table */
	enum vz_member_type type;
	size_t offset;
	bool optional;               /* absent where NULL or zero */
};

struct vz_document_kind {
	const char *format;
	const char *noun;            /* what messages call it */
	const struct vz_member *members;
};

/* Appends the text of what is at `from`. VZ_FAILED if a text is missing or not UTF-8, or a number cannot be written. */
int vz_document_format(const struct vz_document_kind *k, const void *from, struct vz_buf *ret, struct vz_err *err);
/* Fills what is at `ret`, which was zeroed. VZ_DAMAGED; then, too, what is there is to be released. The caller
 * bounds `len`, where it reads. */
int vz_document_parse(const struct vz_document_kind *k, const char *text, size_t len, void *ret, struct vz_err *err);
/* Frees the texts. */
void vz_document_release(const struct vz_document_kind *k, void *of);

#endif
