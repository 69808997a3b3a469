/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merge: what has to change in a private area when its environment moves from
 * one composition to another, as a plan that link/upper.h carries out.
 *
 *     struct vz_merge m = { .store = s, .family = "deb", .upper_fd = fd, .from = old, .to = new };
 *     vz_merge_plan(&m, &plan, &again, &err);
 *
 * What the tenant wrote wins.  Three things are looked at more closely:
 *
 * Record files (builder/records.h) are merged by record; ids stay what they are
 * here, and if the new composition has others, it has to be another one.  The package database
 * (builder/merge_deb.c, merge_rpm.c) by package.
 *
 * Files that have a counterpart in a composition.  Content is one thing, mode,
 * owner and attributes are another; each is the new composition's unless the
 * tenant changed it.  What is then the new composition's file leaves the private
 * area, so that the composition's shows: also what was only touched.  Where both
 * sides changed the content, the tenant's stays; in /etc the new file is put
 * beside it as NAME.vzpkg-new, and it is a conflict.  What the tenant removed
 * stays away, what the new composition no longer has stays where the tenant
 * changed it; in /etc that is a conflict, too.  A file that the tenant renamed or
 * that is in a directory which it renamed is the tenant's, and keeps the content
 * it had.
 *
 * Generated files (a table in builder/merge_made.c): if both sides made a new
 * one, the composition's shows, and a program has to be run inside that makes it
 * of both.  `again` says which.  Nothing else could know what it has to hold.
 *
 * Everything private is read as builder/survey.h says.  A plan holds as long as
 * what it saw is there: a change that takes away what was not there guards a
 * file that must not have come meanwhile, and changes nothing.
 */
#ifndef BUILDER_MERGE_H
#define BUILDER_MERGE_H

#include "base/id.h"
#include "link/upper.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_merge {
	const struct vz_store *store;
	const char *family;              /* "deb", "rpm": of both compositions */
	int upper_fd;
	const struct vz_tree *layer;     /* sealed private files below the upper, or NULL */
	const struct vz_tree *from, *to;
};

#define VZ_MERGE_BESIDE ".vzpkg-new"

/* Programs to be run inside once the environment shows the new composition, in this order. */
#define VZ_MERGE_AGAIN_MAX 32
struct vz_merge_again {
	const char *const *argv[VZ_MERGE_AGAIN_MAX];   /* each ends with NULL; static */
	size_t n;
};

/* All `ret`s are zeroed before, and to be released also after an error.
 * VZ_EXISTS: users or groups of the new composition have other ids than here, or the ids of somebody else. Private
 * files have these, so it is the composition that has to change: `ret_ids` is what it must be built with
 * (builder/composition.h), which costs one image. Empty: nothing can be done.
 * VZ_BUSY: the private area changed meanwhile; try again. */
int vz_merge_plan(const struct vz_merge *m, struct vz_upper_plan *ret, struct vz_merge_again *ret_again,
		  struct vz_ids *ret_ids, struct vz_err *err);

#endif
