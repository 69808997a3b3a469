/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outcomes: which image building gave, so that no host does equal work twice.
 *
 *     compositions/<key>      <key>: a digest of all that the result depends on
 *
 * A stage has one (builder/stage.h), and a request of an environment
 * (builder/composition.h).  Each is a document (store/document.h) of format
 * "vzpkg-composition 2": "key", "image"; of a stage "parent", the image that it
 * began with, absent where it began with nothing; of a request "plan", what it
 * resolved to (store/plans.h).  The parent is what garbage collection needs to
 * know: a stage whose result is in use would have to be built on it again.
 *
 * Nothing depends on one but the time that the next build takes: one
 * that is gone, or cannot be read, is made again.
 */
#ifndef STORE_OUTCOME_H
#define STORE_OUTCOME_H

#include "base/texts.h"
#include "store/store.h"

struct vz_outcome {
	struct vz_digest image;
	struct vz_digest parent, plan;       /* zero: there is none */
};

/* VZ_NOTFOUND, VZ_DAMAGED. */
int vz_outcome_read(const struct vz_store *s, const char *key, struct vz_outcome *ret, struct vz_err *err);
/* Replaces. The image, and what it needs, was synced before. */
int vz_outcome_write(struct vz_store *s, const char *key, const struct vz_outcome *o, struct vz_err *err);
/* Adds the keys of all that are there, sorted; a file that was being written when its writer died is none. */
int vz_outcome_keys(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err);

#endif
