/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DEB's configure, in pieces; builder/configure.h says when each is called.
 * The environment's own dpkg does the work: we write its database as if it had
 * just unpacked the packages, let it configure them, and tidy up.
 */
#ifndef BUILDER_CONFIGURE_DEB_H
#define BUILDER_CONFIGURE_DEB_H

#include "builder/configure.h"
#include "builder/dpkg.h"

/* Denies starting services (invoke-rc.d(8)); put there while scripts run. */
#define VZ_POLICY_RC_PATH "/usr/sbin/policy-rc.d"
#define VZ_POLICY_RC "#!/bin/sh\nexit 101\n"

/* Stands first in PATH while scripts run, and is dropped after. In it are tools
 * that answer in the place of the distribution's where those would find nothing
 * to do, and leave all else to them. */
#define VZ_BUILD_BIN "/.vzpkg-build"

extern const struct vz_configure_ops vz_configure_deb;

/* Registers the new packages' interests below triggers/, and marks those file
 * triggers as activated that files of the new packages meet. `packages`: the
 * new ones, by index. */
int vz_deb_triggers(const struct vz_configure *c, const struct vz_dpkg_packages *packages, struct vz_tree *t,
		    struct vz_err *err);
/* Where the control archives lie of packages whose preinst runs, as directories NAME:ARCH. */
#define VZ_DEB_CONTROL VZ_BUILD_BIN "/control"

/* Has it a preinst, and one that may do something when there was no older version? Not so what has nothing but
 * comments and dpkg-maintscript-helper. */
bool vz_deb_preinst_runs(const struct vz_compose_package *p);
/* Fills VZ_DEB_CONTROL. While a preinst runs dpkg has the package's control archive in tmp.ci, and the preinst is run
 * from there: that is how debconf knows whose templates it reads. */
int vz_deb_preinst_prepare(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);
/* Puts the tools into VZ_BUILD_BIN whose originals are there. */
int vz_deb_tools(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);
/*
 * The shell script that runs inside. One process tree does everything, as
 * entering costs more than most scripts. The packages come on stdin, in order,
 * one a line: name, architecture, info name, "preinst" if it is to run or "-"; all
 * were checked against Debian's grammar. Scripts see what dpkg would give them.
 * What builder/waiting.h put aside goes to its place after its package's preinst.
 * dpkg then configures all. Descriptor 9 is ours: dpkg's status lines, and lines
 * like them.
 */
extern const char vz_deb_driver[];
int vz_deb_run(const struct vz_configure *c, int root_fd, struct vz_err *err);
int vz_deb_sources(const struct vz_configure *c, const struct vz_sources *s, struct vz_tree *t, struct vz_err *err);
int vz_deb_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);

#endif
