/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages given as files: opened like any other, and known by the digest of
 * the file.  Nobody but whoever gave the file vouches for it.
 */
#ifndef BUILDER_PACKAGE_FILE_H
#define BUILDER_PACKAGE_FILE_H

#include "resolver/present.h"
#include "store/record.h"

/* Is it the name of a package file: "*.deb", "*.rpm"? */
bool vz_package_file_is(const char *path);
/* Opens the package at `path` into the store; its record's digest to `ret` (VZ_HEX_LEN + 1 bytes). VZ_NOTFOUND; VZ_FAILED
 * for a file that is no proper package. */
int vz_package_file_add(struct vz_store *s, const char *path, char *ret, struct vz_err *err);

/* What the record says of its own name, version and architecture: the place in a plan of a package from a file. To be
 * released with vz_package_file_release(). */
int vz_package_file_identify(const struct vz_record *r, const char *digest, struct vz_plan_package *ret, struct vz_err *err);
void vz_package_file_release(struct vz_plan_package *p);

/* The member of a record that tells the resolver of it: its card. NULL: it has none. */
const struct vz_record_member *vz_package_card(const struct vz_record *r);

#endif
