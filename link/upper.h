/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a move changes in an environment's private area, as a plain value.
 *
 * An environment that moves to another composition keeps what its tenant
 * wrote; a few files are merged, though (record files, configuration), and
 * some make room (generated caches).  builder/merge.h says which, and makes a
 * plan of this kind; a dry run prints it; link/ carries it out while what runs
 * in the environment is held, and keeps what was there before, so that the
 * move can be taken back.
 *
 * Paths are those of the upper directory, from "/", without links on the way:
 * every directory of a path is one in the upper, or is made by an earlier
 * change of the plan.
 */
#ifndef LINK_UPPER_H
#define LINK_UPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "store/tree.h"

enum vz_upper_kind {
	VZ_UPPER_DIR,            /* a directory is made, if the upper has none there, with these attributes */
	VZ_UPPER_PUT,            /* this file or symbolic link comes to be there, in the place of whatever is */
	VZ_UPPER_DROP,           /* what is there goes, so that the composition's shows; or nothing */
	VZ_UPPER_HIDE,           /* a whiteout comes to be there: the composition's does not show */
};

/* Why, for people. */
enum vz_upper_why {
	VZ_UPPER_PARENT,         /* a directory on the way */
	VZ_UPPER_MERGED,         /* both sides changed, and it holds both changes */
	VZ_UPPER_TAKEN,          /* the tenant left it as it was, so it follows the composition */
	VZ_UPPER_BESIDE,         /* the tenant's stays, the new one is put beside it: NAME.vzpkg-new */
	VZ_UPPER_MADE_ANEW,      /* what the system generates again, or the composition has generated */
	VZ_UPPER_KEPT,           /* the tenant's own, of which the old composition held a part */
	VZ_UPPER_BACK,           /* taken back: as it was before an earlier move */
	VZ_UPPER_GUARD,          /* nothing is there and nothing changes, as long as nothing has come there */
};

/* "parent", "merged", "taken", "beside", "made-anew", "kept", "back", "guard". */
const char *vz_upper_why_name(enum vz_upper_why why);

/* What the planner saw there. If it is another now, the plan is out of date. */
struct vz_upper_seen {
	bool there;
	uint64_t ino;
	uint64_t size;
	struct timespec changed;         /* st_ctim */
};

struct vz_upper_change {
	enum vz_upper_kind kind;
	enum vz_upper_why why;
	char *path;
	struct vz_node *node;            /* PUT, DIR: attributes; inline content, object, or target. In the plan's tree */
	struct vz_upper_seen seen;
};

/* Does it change what its tenant sees as its own, so that people are told? */
bool vz_upper_is_told(const struct vz_upper_change *c);

struct vz_upper_conflict {
	char *path;
	char *what;                      /* "changed here and in the template; the new version is 'x.vzpkg-new'" */
};

struct vz_upper_plan {
	struct vz_upper_change *changes; /* carried out in this order */
	size_t n, cap;
	struct vz_upper_conflict *conflicts;
	size_t n_conflicts, cap_conflicts;
	struct vz_tree *nodes;           /* owns the nodes of the changes */
};

/* What is at `path` of an upper directory now. A link or a file where a directory should be on the way: nothing is. */
int vz_upper_look(int upper_fd, const char *path, struct vz_upper_seen *ret, struct vz_err *err);
bool vz_upper_seen_same(const struct vz_upper_seen *a, const struct vz_upper_seen *b);

void vz_upper_plan_release(struct vz_upper_plan *p);
#define auto_upper_plan __attribute__((cleanup(vz_upper_plan_release)))

/* Adds a change; `path` is copied. `like`, copied too, may be NULL for DROP and HIDE; its content may be any length. */
struct vz_upper_change *vz_upper_add(struct vz_upper_plan *p, enum vz_upper_kind kind, enum vz_upper_why why,
				     const char *path, const struct vz_node *like);
void vz_upper_conflict(struct vz_upper_plan *p, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
