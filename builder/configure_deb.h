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

/*
 * dpkg-maintscript-helper(1) moves or removes what an older version left. Half of
 * all programs that run for a first installation are that script and what it
 * starts, only to find that there was no older version. This one, in a directory
 * that stands first in PATH while scripts run and is dropped after, knows that
 * from its arguments, and leaves everything else to the real one.
 */
#define VZ_BUILD_BIN "/.vzpkg-build"
#define VZ_HELPER_PATH VZ_BUILD_BIN "/dpkg-maintscript-helper"
#define VZ_HELPER \
	"#!/bin/sh\n" \
	"first() {\n" \
	"	command=$1\n" \
	"	while [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done\n" \
	"	[ -z \"$3\" ] || return 1\n" \
	"	case $command:$2 in\n" \
	"	rm_conffile:install|mv_conffile:install|symlink_to_dir:install|dir_to_symlink:install) ;;\n" \
	"	rm_conffile:configure|mv_conffile:configure) ;;\n" \
	"	*) return 1 ;;\n" \
	"	esac\n" \
	"}\n" \
	"first \"$@\" || exec /usr/bin/dpkg-maintscript-helper \"$@\"\n"

extern const struct vz_configure_ops vz_configure_deb;

/* Registers the new packages' interests below triggers/, and marks those file
 * triggers as activated that files of the new packages meet. `packages`: the
 * new ones, by index. */
int vz_deb_triggers(const struct vz_configure *c, const struct vz_dpkg_packages *packages, struct vz_tree *t,
		    struct vz_err *err);
int vz_deb_run(const struct vz_configure *c, int root_fd, struct vz_err *err);
int vz_deb_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);

#endif
