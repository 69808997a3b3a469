/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What has come of one download: the bytes in its file, their number, their
 * digest so far.  fetch.c fills it; no network here.
 *
 * The digest is kept up to date while bytes arrive.  What lay in the file
 * before is read once, at the beginning, and only taken for the start of the
 * download if a digest will tell whether it is.
 */
#ifndef RESOLVER_BODY_H
#define RESOLVER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct vz_body {
	int fd;                  /* the caller's; its offset is left alone */
	uint64_t have;           /* bytes in the file */
	uint64_t limit;          /* no more than these */
	bool exact;              /* nor less */
	const char *digest;      /* as in struct vz_fetch_request */
	struct vz_hash *hash;
	bool mixed;              /* not all of it came from one mirror in one go */
};

/* `fd`, `limit`, `exact` and `digest` are set. With `resume`, what the file holds is kept if it may be right. */
int vz_body_begin(struct vz_body *b, bool resume, struct vz_err *err);
/* Empties the file. */
int vz_body_restart(struct vz_body *b, struct vz_err *err);
/* Fails only where the file cannot be written; the caller looks at `limit`. */
int vz_body_add(struct vz_body *b, const void *data, size_t len, struct vz_err *err);
bool vz_body_can_resume(const struct vz_body *b);
/* Is it complete, as far as its size tells. */
bool vz_body_is_whole(const struct vz_body *b);
/* Has it the digest; true without one. To be asked once, at the end; vz_body_restart() comes next if it has not. */
bool vz_body_is_right(struct vz_body *b);
void vz_body_end(struct vz_body *b);

#endif
