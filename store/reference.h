/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * References: the numbers that a template has beside its versions.
 *
 *     templates/<name>/current        the version that is meant where none is said
 *                      last           the highest number that was removed: none is used twice
 *
 * Each is a document (store/document.h) of format "vzpkg-reference 1" with the
 * members "template", "reference" (the file's name) and "version", so that neither
 * a bit that flips nor a file in another's place goes unseen.  While a version is
 * published, `current` also has "next": its number, which counts from the moment
 * that the directory templates/<name>/<next> is there.  So a version is current
 * when it is published, not a moment later, whenever the power goes.  Who writes one
 * holds the template's lock, or the store alone.
 */
#ifndef STORE_REFERENCE_H
#define STORE_REFERENCE_H

#include "base/buf.h"
#include "store/store.h"

#define VZ_REFERENCE_CURRENT "current"
#define VZ_REFERENCE_LAST "last"

/* VZ_NOTFOUND if there is none, or only one that was announced; VZ_DAMAGED. */
int vz_reference_read(const struct vz_store *s, const char *name, const char *which, unsigned *ret, struct vz_err *err);
/* The same, but 0 if there is none. */
int vz_reference_find(const struct vz_store *s, const char *name, const char *which, unsigned *ret, struct vz_err *err);
/* Durably, in place of the old one. */
int vz_reference_write(struct vz_store *s, const char *name, const char *which, unsigned version, struct vz_err *err);
/* `next` will be current once it is there, with nothing more to be written; until then it is who is now, or nobody.
 * Durably. */
int vz_reference_announce(struct vz_store *s, const char *name, unsigned next, struct vz_err *err);
/* Nothing there is success. */
int vz_reference_remove(struct vz_store *s, const char *name, const char *which, struct vz_err *err);

#endif
