/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subjects: what is given to others, a template version or an environment as it
 * is now.
 *
 * The manifest is the one that others get to see.  What only says something
 * about this host is not in it: where the recipe was, when and in what time it
 * was built, what was new then.  So hosts that built the same give the same.
 * An environment's tree is its composition with the private area applied; its
 * contents become objects of the store, and its "version" is the generation.
 */
#ifndef SHARE_SUBJECT_H
#define SHARE_SUBJECT_H

#include "resolver/plan.h"
#include "store/manifest.h"

struct vz_subject {
	struct vz_manifest manifest;
	struct vz_plan *plan;
	struct vz_tree *tree;
	struct vz_tree *below;           /* an environment's: without its private area; else NULL */
};

void vz_subject_release(struct vz_subject *s);
#define auto_subject __attribute__((cleanup(vz_subject_release)))

/* `name`: NAME, NAME@VERSION, or an environment where no template has that name. The store is open for
 * change. VZ_NOTFOUND. */
int vz_subject_open(struct vz_store *store, const char *name, struct vz_subject *ret, struct vz_err *err);
/* The environment, even if a template has that name. */
int vz_subject_open_env(struct vz_store *store, const char *name, struct vz_subject *ret, struct vz_err *err);

#endif
