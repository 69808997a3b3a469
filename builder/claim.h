/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims: which package has the right to a path that two of them ship.
 *
 * The rules are the family's, behind an ops table.  What all share: a file
 * nobody owns gives way, and what the rules do not settle is a conflict that
 * names both.  The parent's package database is read only when a path of it is
 * disputed.
 *
 * dpkg (claim_deb.c): a package that replaces the other one (Replaces,
 * versioned) has the path, whichever came first, and the loser's file list
 * forgets it.  Instances of one package for several architectures share what
 * is equal.  Diversions that the parent's scripts made send other packages'
 * files to the diverted path.  A file of a package whose preinst may divert the
 * path waits (builder/waiting.h).  The links of a merged /usr are seeded.
 *
 * rpm 4.18 (claim_rpm.c): files are shared that agree in type, mode, owner,
 * content or target (rpmfilesCompare()), the first one stays; so are
 * directories, which conflict like files.  A directory that is only on the way
 * to a file has no say.  Of two ELF files the one of 64 bits stays.  %ghost files never conflict.  A
 * %config file that nobody owns is kept as NAME.rpmorig, or where the package
 * says noreplace, the package's becomes NAME.rpmnew.  Links to directories that
 * a package ships are there before others ship something below them.
 */
#ifndef BUILDER_CLAIM_H
#define BUILDER_CLAIM_H

#include <stdbool.h>

#include "builder/compose.h"

enum vz_claim {
	VZ_CLAIM_OLD,            /* what stands there stays */
	VZ_CLAIM_NEW,            /* the new file takes its place */
	VZ_CLAIM_OLD_ASIDE,      /* the same, but what stands there is put aside */
	VZ_CLAIM_NEW_ASIDE,      /* it stays, the new file is put aside */
};

struct vz_verdict {
	enum vz_claim claim;
	struct vz_node *aside;   /* the directory to be put into, */
	char name[256];          /* and the name to have there, which is free */
};

struct vz_claims;

struct vz_claims_ops {
	const char *family;
	/* A link where another package has a directory is a conflict; otherwise the directory stays, and the link is left out. */
	bool no_link_over_dir;
	/* Before the first package; may add to `c->tree`. `c` must stay. */
	struct vz_claims *(*new)(const struct vz_compose *c, struct vz_err *err);
	void (*free)(struct vz_claims *cl);
	/* Where the node `from` of package `index`'s record goes instead of its own path (absolute), or NULL.
	 * NULL: nothing is ever diverted. */
	const char *(*diverted)(const struct vz_claims *cl, size_t index, const struct vz_node *from);
	/* Package `index` ships `from` where `have`, of the tree, stands; neither is a directory. */
	int (*decide)(struct vz_claims *cl, const struct vz_node *have, size_t index, const struct vz_node *from,
		      struct vz_verdict *ret, struct vz_err *err);
	/* Package `index` ships the directory `from` where `have` stands, a directory or a link to one. May change it.
	 * NULL: the first has the say. */
	int (*share)(struct vz_claims *cl, struct vz_node *have, size_t index, const struct vz_node *from, struct vz_err *err);
	/* Behind the last package. NULL: nothing is left to do. */
	int (*finish)(struct vz_claims *cl, struct vz_err *err);
};

extern const struct vz_claims_ops vz_claims_deb, vz_claims_rpm;

#endif
