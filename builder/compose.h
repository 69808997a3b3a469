/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compose: the trees of a plan's packages merged onto a parent tree, in
 * memory.  No file's content is read or written but the package database's,
 * and that only where files collide.
 *
 * Paths pass through directory symbolic links of what is already there (merged
 * /usr: a package's bin/x lands in usr/bin/x).  The first package to ship a
 * directory gives it its attributes, and a directory shipped where a link to
 * one stands keeps the link.  Where two packages ship one path,
 * builder/claim.h decides by the family's rules; a true conflict is an error
 * that names both.
 */
#ifndef BUILDER_COMPOSE_H
#define BUILDER_COMPOSE_H

#include "store/record.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_compose_package {
	const char *name, *version, *arch;
	const struct vz_record *record;
};

struct vz_compose {
	const char *family;                          /* "deb", "rpm": whose rules hold */
	struct vz_store *store;
	struct vz_tree *tree;                        /* changed in place: the parent's tree or a new one */
	const struct vz_compose_package *packages;   /* merged in this order */
	size_t n;
	int64_t date;                                /* later times become this */
};

/* VZ_FAILED for a conflict. The `owner` of a node that a package brought is the
 * package's index + 1, that of the parent's nodes 0. */
int vz_compose(const struct vz_compose *c, struct vz_err *err);

#endif
