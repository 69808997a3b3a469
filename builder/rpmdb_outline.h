/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An outline of an RPM database: which packages, in which versions, with which
 * files.
 *
 *     auto_rpmdb_outline struct vz_rpmdb_outline o = {0};
 *     vz_rpmdb_outline_read(&entries, &o, &err);      o.items[i] is of entries.items[i]
 *
 * Entries may be a tenant's: librpm reads them in a cell (builder/cell.h), and
 * what it says of them is taken as no more than texts.
 */
#ifndef BUILDER_RPMDB_OUTLINE_H
#define BUILDER_RPMDB_OUTLINE_H

#include "base/texts.h"
#include "builder/rpmdb.h"

struct vz_rpmdb_package {
	char *name;              /* "NAME.ARCH", or "NAME" where it has none */
	char *evr;
	struct vz_texts files;   /* sane absolute paths, directories too */
};

struct vz_rpmdb_outline {
	struct vz_rpmdb_package *items;
	size_t n;
};

int vz_rpmdb_outline_read(const struct vz_rpmdb_entries *e, struct vz_rpmdb_outline *ret, struct vz_err *err);
void vz_rpmdb_outline_release(struct vz_rpmdb_outline *o);
#define auto_rpmdb_outline __attribute__((cleanup(vz_rpmdb_outline_release)))

#endif
