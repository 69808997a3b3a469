/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims: which package has the right to a path that two of them ship.
 *
 * The rules are dpkg's.  A file nobody owns gives way.  A package that replaces
 * the other one (Replaces, versioned) has it, whichever came first, and the
 * loser's file list forgets the path.  Instances of one package for several
 * architectures share what is equal.  Diversions that the parent's scripts made
 * send other packages' files to the diverted path.  A file of a package whose
 * preinst may divert the path waits (builder/waiting.h).  Everything else is a
 * conflict.
 *
 * The parent's database is read only when a path of it is disputed.
 */
#ifndef BUILDER_CLAIM_H
#define BUILDER_CLAIM_H

#include "builder/compose.h"

enum vz_claim {
	VZ_CLAIM_OLD,            /* what stands there stays */
	VZ_CLAIM_NEW,            /* the new file takes its place */
	VZ_CLAIM_OLD_WAITS,      /* the same, but what stands there is put aside */
	VZ_CLAIM_NEW_WAITS,      /* it stays, the new file is put aside */
};

struct vz_verdict {
	enum vz_claim claim;
	struct vz_node *aside;   /* who waits: the directory to be put into, */
	char name[16];           /* and the name to have there */
};

struct vz_claims;
/* Reads the diversions of `c->tree`. `c` must stay. */
struct vz_claims *vz_claims_new(const struct vz_compose *c, struct vz_err *err);
void vz_claims_free(struct vz_claims *cl);
VZ_AUTO(struct vz_claims, vz_claims_free)
#define auto_claims VZ_CLEANUP(vz_claims_free)

/* Where the node `from` of package `index`'s record goes instead of its own path (absolute), or NULL. */
const char *vz_claims_diverted(const struct vz_claims *cl, size_t index, const struct vz_node *from);
/* Package `index` ships `from` where `have`, of the tree, stands; neither is a directory. */
int vz_claims_decide(struct vz_claims *cl, const struct vz_node *have, size_t index, const struct vz_node *from,
		     struct vz_verdict *ret, struct vz_err *err);
/* Takes the paths that were lost out of their packages' file lists, and puts aside what has to wait. */
int vz_claims_finish(struct vz_claims *cl, struct vz_err *err);

#endif
