/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files that store/verify.h is made of say to each other; nobody else
 * includes this.
 */
#ifndef STORE_VERIFY_PARTS_H
#define STORE_VERIFY_PARTS_H

#include "store/verify.h"

/* Is it what a writer calls a file that is not complete? */
bool vz_verify_is_temporary(const char *name);

/* verify_objects.c: after all that needs objects has been read. */
int vz_verify_objects(struct vz_verify *v, struct vz_err *err);
int vz_verify_object(const struct vz_store *s, const char *path, struct vz_err *err);

/* verify_templates.c: references, and all files of versions. */
int vz_verify_templates(struct vz_verify *v, struct vz_err *err);
int vz_verify_template_file(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err);

#endif
