/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages in a merge: what holds for every family.
 *
 * The package database has to tell the truth of the files that are seen, so each
 * package is one side's as a whole, with its files.  It is the new composition's
 * unless the tenant installed, upgraded or removed it; then it is the
 * tenant's, and if the new composition has changed it as well, that is a conflict.
 *
 * What belongs to a package that is the tenant's stays as it was (pinned): files
 * that come from the old composition still, and no file that only the new
 * composition's version has.  Reading and writing the database is the family's
 * (merge_deb.c, merge_rpm.c).
 */
#ifndef BUILDER_MERGE_PACKAGES_H
#define BUILDER_MERGE_PACKAGES_H

#include "base/texts.h"
#include "builder/merging.h"

struct vz_merge_ops {
	const char *family;
	int (*packages)(struct vz_merging *g, struct vz_err *err);
};
extern const struct vz_merge_ops vz_merge_deb, vz_merge_rpm;

struct vz_merge_package {
	const char *name;
	const char *base, *theirs, *new;         /* version on each side; NULL: not installed */
};

/* Is it the tenant's? Tells of a conflict, which is the database's at `path`. */
bool vz_merge_package_is_theirs(struct vz_merging *g, const char *path, const struct vz_merge_package *p);
/* Pins what belongs to a package that is the tenant's: the paths of its version and of the new composition's, as the
 * package names them; links on the way to them are followed in the compositions. Directories only stay. */
void vz_merge_pin_files(struct vz_merging *g, const struct vz_texts *paths);

#endif
