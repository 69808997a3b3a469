/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verdicts: images that no environment is to be moved to by itself again,
 * because one that was moved there failed a health check.
 *
 *     ROOT/verdicts/<image>           a document (store/document.h) of format "vzpkg-verdict 1"
 *
 * An image is what environments show, so a verdict holds for a version of a
 * template as for a joint composition, and for the same packages built again
 * tomorrow.  It holds as long as the check that failed is asked for: who mends
 * the check gets the packages.
 */
#ifndef STORE_VERDICT_H
#define STORE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

struct vz_verdict {
	struct vz_digest image;
	char *template;              /* "NAME@VERSION" that it was seen with */
	char *env;                   /* and in which environment */
	char *check;                 /* the command that failed */
	char *words;                 /* how, and the end of what it printed: a line */
	int64_t since;               /* Unix time */
};

void vz_verdict_release(struct vz_verdict *v);
#define auto_verdict __attribute__((cleanup(vz_verdict_release)))

/* VZ_NOTFOUND: there is none. VZ_DAMAGED. */
int vz_verdict_read(const struct vz_store *s, const struct vz_digest *image, struct vz_verdict *ret, struct vz_err *err);
/* Durable when it returns. Bytes that are not ASCII become '?'. */
int vz_verdict_write(struct vz_store *s, const struct vz_verdict *v, struct vz_err *err);
/* Nothing there is success. */
int vz_verdict_forget(struct vz_store *s, const struct vz_digest *image, struct vz_err *err);
/* Is there one? What cannot be read counts. */
bool vz_verdict_is_bad(const struct vz_store *s, const struct vz_digest *image);
/* The same for who would be checked with `checks`: one that none of them could give does not apply. */
bool vz_verdict_applies(const struct vz_store *s, const struct vz_digest *image, char *const *checks, size_t n);
/* And it is forgotten. */
bool vz_verdict_holds(struct vz_store *s, const struct vz_digest *image, char *const *checks, size_t n);

/* The format itself, for tests and fuzzing. VZ_DAMAGED. */
int vz_verdict_format(const struct vz_verdict *v, struct vz_buf *ret, struct vz_err *err);
int vz_verdict_parse(const char *text, size_t len, struct vz_verdict *ret, struct vz_err *err);

#endif
