/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is remembered of a repository for ever: the newest date that was seen,
 * and whether it was signed.  By it dates never go back, and no signature is
 * lost silently, so it must not change by itself.  The file repos/<key>/state:
 *
 *     vzpkg-source 2
 *     date SECONDS                   highest signed date seen; 0: none
 *     modified SECONDS               the server's time of the signed file; 0: unknown
 *     signed yes|no
 *     end SHA256-HEX-OF-ALL-BEFORE
 */
#ifndef RESOLVER_STATE_H
#define RESOLVER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define VZ_SOURCE_STATE "state"      /* the file's name */

struct vz_source_state {
	int64_t date;
	int64_t modified;
	bool was_signed;
};

/* From a repository's directory. There is none: all zero. VZ_DAMAGED. */
int vz_source_state_read(int dir, struct vz_source_state *ret, struct vz_err *err);
/* Durably. */
int vz_source_state_write(int dir, const struct vz_source_state *s, struct vz_err *err);

/* The text itself. There is one for one state; any other is VZ_DAMAGED. */
void vz_source_state_format(const struct vz_source_state *s, struct vz_buf *ret);
int vz_source_state_parse(const char *text, size_t len, struct vz_source_state *ret, struct vz_err *err);

#endif
