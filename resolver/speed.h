/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is remembered of mirrors: how soon each answered, how fast it sent, and
 * how often in a row it failed.
 *
 * A server's list of mirrors says who has the files, not who is near.  What was
 * measured puts the list in order: the fastest first, then those that were
 * never asked in the server's order, then those that failed, the oldest
 * failures first.  The text form, kept beside the repository:
 *
 *     vzpkg-mirrors 1
 *     MILLISECONDS BYTES-A-SECOND FAILURES WHEN URL        one line a mirror; WHEN in Unix time
 *
 * It is advice only: what cannot be read of it is forgotten.
 */
#ifndef RESOLVER_SPEED_H
#define RESOLVER_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/table.h"
#include "resolver/mirror.h"

struct vz_speeds {
	struct vz_table mirrors;
	bool changed;                    /* since it was read */
};

void vz_speeds_release(struct vz_speeds *s);
void vz_speeds_read(struct vz_speeds *s, const char *text, size_t len);
void vz_speeds_write(const struct vz_speeds *s, struct vz_buf *ret);

/* The mirror sent `bytes` in `total_ms`, the first of them after `first_ms`. */
void vz_speeds_answered(struct vz_speeds *s, const char *url, unsigned first_ms, uint64_t bytes, unsigned total_ms, int64_t now);
void vz_speeds_failed(struct vz_speeds *s, const char *url, int64_t now);

/* Is one of them known to answer, from what was seen in the last week? */
bool vz_speeds_knows(const struct vz_speeds *s, const struct vz_mirrors *m, int64_t now);
void vz_speeds_order(const struct vz_speeds *s, struct vz_mirrors *m);

#endif
