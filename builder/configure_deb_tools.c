/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <string.h>

#include "builder/content.h"

/*
 * dpkg-maintscript-helper(1) moves or removes what an older version left. Half of
 * all programs that run for a first installation are that script and what it
 * starts, only to find that there was no older version: nothing to move in the
 * arguments, no backup beside the path.
 */
static const char maintscript_helper[] =
	"#!/bin/sh\n"
	"first() {\n"
	"	command=$1 path=${2%/}\n"
	"	while [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done\n"
	"	[ -z \"$3\" ] || return 1\n"
	"	case $command:$2 in\n"
	"	rm_conffile:install|mv_conffile:install|symlink_to_dir:install|dir_to_symlink:install) ;;\n"
	"	rm_conffile:configure|mv_conffile:configure) ;;\n"
	"	symlink_to_dir:configure|dir_to_symlink:configure)\n"
	"		[ ! -e \"$path.dpkg-backup\" ] && [ ! -h \"$path.dpkg-backup\" ] ;;\n"
	"	*) return 1 ;;\n"
	"	esac\n"
	"}\n"
	"first \"$@\" || exec /usr/bin/dpkg-maintscript-helper \"$@\"\n";

/*
 * deb-systemd-helper(1), a Perl script, is asked three things for each unit of a
 * package. Two need no answer but "go on" while it has no state of the unit: it
 * unmasks only what it has masked itself, and what it never enabled counts as
 * enabled.
 */
static const char systemd_helper[] =
	"#!/bin/sh\n"
	"state=/var/lib/systemd/deb-systemd\n"
	"case ${DPKG_MAINTSCRIPT_PACKAGE:+$#}:$1:$2:$3 in\n"
	"*/*) ;;\n"
	"2:unmask:[!-]*)\n"
	"	[ -e \"/etc/systemd/system/$2\" ] || [ -e $state-helper-masked ] || [ -e $state-user-helper-masked ] ||\n"
	"		exit 0 ;;\n"
	"3:--quiet:was-enabled:[!-]*) [ -e \"$state-helper-enabled/$3.dsh-also\" ] || exit 0 ;;\n"
	"esac\n"
	"exec /usr/bin/deb-systemd-helper \"$@\"\n";

/*
 * ischroot(1) compares our root with pid 1's, which is the build's own. But as in
 * a chroot, no init runs in here: libc6 would ask it to start anew, and wait a
 * second for it.
 */
static const char ischroot[] =
	"#!/bin/sh\n"
	"exit 0\n";

int vz_deb_tools(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	static const struct { const char *name, *text; } tools[] = {
		{ "dpkg-maintscript-helper", maintscript_helper }, { "deb-systemd-helper", systemd_helper },
		{ "ischroot", ischroot },
	};

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		auto_free char *real = vz_printf("/usr/bin/%s", tools[i].name);
		auto_free char *path = vz_printf(VZ_BUILD_BIN "/%s", tools[i].name);
		const struct vz_content_file f = { path, 0755, c->date, tools[i].text, strlen(tools[i].text) };

		if (vz_tree_lookup(t, real, false) && vz_content_write(c->store, t, &f, err) < 0)
			return -1;
	}
	return 0;
}
