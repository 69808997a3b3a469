/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that a repomd.xml lists, as .solv files; for source_rpm.c only.
 *
 * s->indexes becomes: the packages (primary.xml and modules.yaml), then the
 * groups (comps.xml) where there are any.  A .solv is kept under a digest of the
 * digests that it was made from.
 */
#ifndef RESOLVER_SOURCE_RPM_H
#define RESOLVER_SOURCE_RPM_H

#include "resolver/repomd.h"
#include "resolver/source.h"

int vz_source_rpm_indexes(struct vz_source *s, const struct vz_repomd *r, struct vz_err *err);
/* Puts in the place of the first index one that has filelists.xml too. */
int vz_source_rpm_files(struct vz_source *s, const struct vz_repomd *r, struct vz_err *err);

#endif
