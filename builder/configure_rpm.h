/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM's configure, in pieces; builder/configure.h says when each is called.
 *
 * prepare writes the database as if rpm had installed the packages
 * (builder/rpmdb.h) and plans what rpm would run (builder/rpm_steps.h); run
 * carries that out as the steps of one entered root (link/enter.h).
 *
 * Any script that fails, fails the build; rpm itself only warns for %post and
 * triggers, and leaves a system behind of which nobody knows what it lacks.
 *
 * The files of an .rpm have owners by name.  Those that are not root's get
 * their ids inside, once %pre or the package's sysusers.d(5) lines made the
 * users.  A user that is not there then is root's, with a warning, as in rpm.
 */
#ifndef BUILDER_CONFIGURE_RPM_H
#define BUILDER_CONFIGURE_RPM_H

#include "builder/configure.h"
#include "builder/rpm_steps.h"
#include "builder/rpmdb.h"

extern const struct vz_configure_ops vz_configure_rpm;

/* From prepare to release. */
struct vz_rpm_configure {
	struct vz_rpmdb_place place;
	struct vz_rpmdb_entries entries;         /* the database: the parent's, then the new ones */
	struct vz_rpm_package **packages;        /* the same, read */
	bool *owners;
	size_t n_installed, n;
	struct vz_rpm_steps steps;
	bool has_sysusers;                       /* the target's systemd-sysusers(8) */
};

int vz_rpm_run(const struct vz_configure *c, int root_fd, struct vz_err *err);
int vz_rpm_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);

/* These are for a step's own process, inside; what they have to say goes to
 * stderr. They return an exit status. */

/* Runs the Lua script in `file` in rpm's interpreter, with the target's macros. */
int vz_rpm_lua(const char *file, const struct vz_rpm_step *step);
/* The body with what it asks for expanded; `entry`: the package's in the database. NULL: it cannot be. To be freed. */
char *vz_rpm_expand(const struct vz_rpm_script *script, const struct vz_buf *entry);
/* Gives files their owners; lines "USER GROUP PATH\n". */
int vz_rpm_own(const char *lines, size_t len);
/* Makes the users and groups of sysusers.d(5) lines that are not there, in /etc/passwd, group, shadow and gshadow. */
int vz_rpm_add_users(const char *lines, int64_t date);

#endif
