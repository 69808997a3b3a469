/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who uses what: for each image, record, plan and version of a template, the
 * templates and environments that would miss it.
 *
 *     vz_users_read(store, &users)
 *     vz_users_name(store, &users, &findings)         fills the users of each finding
 *
 * Users are texts for people: "template debian-12@3", "environment web".  What
 * cannot be read has no users here; it is a finding itself.
 */
#ifndef VZPKG_USERS_H
#define VZPKG_USERS_H

#include "base/table.h"
#include "store/findings.h"
#include "store/store.h"

#define VZ_USER_TEMPLATE "template "
#define VZ_USER_ENV "environment "
#define VZ_USER_PACKAGE "package "       /* a record, of an object; the digest follows */

struct vz_users {
	struct vz_table by;              /* path below the store → struct vz_texts */
};

void vz_users_release(struct vz_users *u);
#define auto_users __attribute__((cleanup(vz_users_release)))

void vz_users_read(const struct vz_store *s, struct vz_users *ret);
/* NULL: nobody. */
const struct vz_texts *vz_users_of(const struct vz_users *u, const char *path);
/* The users of each finding, in the place of those it had. */
void vz_users_name(const struct vz_store *s, const struct vz_users *u, struct vz_findings *f);
/* What is missing, and used by nobody (any more), is no finding. */
void vz_users_drop_unused(struct vz_findings *f);

#endif
