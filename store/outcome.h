/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outcomes: which image a build stage gave, so that no host does equal work twice.
 *
 *     compositions/<key>      <key>: a digest of all that the result depends on (builder/stage.h)
 *
 * Each is a document (store/document.h) of format "vzpkg-composition 2": "key",
 * "image", and "parent", the image that the stage began with, absent where it
 * began with nothing.  The parent is what garbage collection needs to know: a
 * stage whose result is in use would have to be built on it again.
 *
 * Nothing depends on one but the time that the next build takes: one
 * that is gone, or cannot be read, is made again.
 */
#ifndef STORE_OUTCOME_H
#define STORE_OUTCOME_H

#include <stdbool.h>

#include "base/texts.h"
#include "store/store.h"

struct vz_outcome {
	struct vz_digest image, parent;
	bool has_parent;
};

/* VZ_NOTFOUND, VZ_DAMAGED. */
int vz_outcome_read(const struct vz_store *s, const char *key, struct vz_outcome *ret, struct vz_err *err);
/* Replaces. The image, and what it needs, was synced before. */
int vz_outcome_write(struct vz_store *s, const char *key, const struct vz_outcome *c, struct vz_err *err);
/* Adds the names of all files there, sorted. */
int vz_outcome_keys(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err);

#endif
