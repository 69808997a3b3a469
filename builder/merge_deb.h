/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DEB's package database in a merge, in pieces.
 *
 * status is merged by package (builder/merge_packages.h).  Whose a package is,
 * his are its stanza and its files of info/.  Of a package that is the new
 * composition's, only a changed wish ("hold") is the tenant's.  What an
 * interrupted dpkg left in updates/ is taken in, as dpkg itself would.  The other
 * files are merged line by line or stanza by stanza (merge_deb.c).
 */
#ifndef BUILDER_MERGE_DEB_H
#define BUILDER_MERGE_DEB_H

#include "builder/dpkg.h"
#include "builder/merge_packages.h"
#include "builder/stanzas.h"

#define VZ_DPKG_STATUS VZ_DPKG_DIR "/status"
#define VZ_DPKG_INFO VZ_DPKG_DIR "/info"

int vz_merge_deb_status(struct vz_merging *g, struct vz_err *err);

/* A package's files of info/ and the files that it lists are the tenant's, or the new composition's again. `name` is
 * what they begin with, vz_dpkg_info_name(). */
int vz_merge_deb_pin(struct vz_merging *g, const char *name, struct vz_err *err);
int vz_merge_deb_follow(struct vz_merging *g, const char *name, struct vz_err *err);

#endif
