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
 * enabled. The third is to enable the unit. What that comes to is plain for a
 * unit that one other wants and that is nowhere yet, as long as there is no
 * systemctl to ask; but only where every byte of the original is known, so that
 * we know what it would do.
 */
static const char systemd_helper[] =
	"enabled=$state-helper-enabled\n"
	"absent() {\n"
	"	while [ $# -gt 0 ]; do\n"
	"		[ ! -e \"$1\" ] && [ ! -L \"$1\" ] || return 1\n"
	"		shift\n"
	"	done\n"
	"}\n"
	/* sets wanted */
	"read_unit() {\n"
	"	wanted=\n"
	"	while IFS= read -r line || [ -n \"$line\" ]; do\n"
	"		case $line in\n"
	"		WantedBy=*) [ -z \"$wanted\" ] || return 1; wanted=${line#*=} ;;\n"
	"		*[Bb][Yy]=*|*[Aa][Ll][Ss][Oo]=*|*[Aa][Ll][Ii][Aa][Ss]=*|*[Ii][Nn][Ss][Tt][Aa][Nn][Cc][Ee]=*) return 1 ;;\n"
	"		esac\n"
	"	done <\"$1\"\n"
	"	case $wanted in ''|[!a-z]*|*[!a-z0-9.-]*) return 1 ;; esac\n"
	"}\n"
	"enable() {\n"
	"	units=/etc/systemd/system unit=/lib/systemd/system/$1\n"
	"	[ $known = yes ] && [ -f \"$unit\" ] && [ ! -L \"$unit\" ] || return 1\n"
	"	[ -z \"$DPKG_ROOT$_DEB_SYSTEMD_HELPER_DEBUG$_DEB_SYSTEMD_HELPER_PURGE\" ] || return 1\n"
	"	absent /bin/systemctl /usr/bin/systemctl /run/systemd/system \"$units/$1\" \"$enabled/$1.dsh-also\" || return 1\n"
	"	read_unit \"$unit\" && absent \"$units/$wanted.wants/$1\" \"$enabled/$wanted.wants/$1\" || return 1\n"
	"	mkdir -p $units/$wanted.wants $enabled/$wanted.wants && ln -s \"$unit\" $units/$wanted.wants/ &&\n"
	"		echo \"$units/$wanted.wants/$1\" >\"$enabled/$1.dsh-also\" && : >\"$enabled/$wanted.wants/$1\"\n"
	"}\n"
	"case ${DPKG_MAINTSCRIPT_PACKAGE:+$#}:$1:$2:$3 in\n"
	"*/*) ;;\n"
	"2:unmask:[!-]*)\n"
	"	[ -e \"/etc/systemd/system/$2\" ] || [ -e $state-helper-masked ] || [ -e $state-user-helper-masked ] ||\n"
	"		exit 0 ;;\n"
	"2:enable:[!-]*) ! enable \"$2\" || exit 0 ;;\n"
	"3:--quiet:was-enabled:[!-]*) [ -e \"$enabled/$3.dsh-also\" ] || exit 0 ;;\n"
	"esac\n"
	"exec /usr/bin/deb-systemd-helper \"$@\"\n";

/* fs-verity digests of the original in init-system-helpers */
static const char *const known_systemd_helpers[] = {
	"35ebd44f20bced71edc71199d68fbb8a443d0bee95c6ba5ac82b8725ed00021c",      /* 1.65 (Debian 12) to 1.69 (Debian 13) */
};

/*
 * ischroot(1) compares our root with pid 1's, which is the build's own. But as in
 * a chroot, no init runs in here: libc6 would ask it to start anew, and wait a
 * second for it.
 */
static const char ischroot[] =
	"exit 0\n";

static const char *state_of_systemd_helper(const struct vz_node *real)
{
	char hex[VZ_HEX_LEN + 1] = "";

	real = vz_node_inode(real);
	if (real->has_digest)
		vz_digest_hex(&real->digest, hex);
	for (size_t i = 0; i < sizeof known_systemd_helpers / sizeof *known_systemd_helpers; i++)
		if (strcmp(hex, known_systemd_helpers[i]) == 0)
			return "state=/var/lib/systemd/deb-systemd known=yes\n";
	return "state=/var/lib/systemd/deb-systemd known=no\n";
}

int vz_deb_tools(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	static const struct {
		const char *name, *text;
		const char *(*begin)(const struct vz_node *real);
	} tools[] = {
		{ "ischroot", ischroot, NULL }, { "dpkg-maintscript-helper", maintscript_helper, NULL },
		{ "deb-systemd-helper", systemd_helper, state_of_systemd_helper },
	};

	size_t n = vz_configure_plain() ? 1 : sizeof tools / sizeof *tools;

	for (size_t i = 0; i < n; i++) {
		auto_free char *path = vz_printf("/usr/bin/%s", tools[i].name);
		const struct vz_node *real = vz_tree_lookup(t, path, true);
		auto_free char *text = NULL, *ours = NULL;
		struct vz_content_file f = { .mode = 0755, .date = c->date };

		if (!real)
			continue;
		f.path = ours = vz_printf(VZ_BUILD_BIN "/%s", tools[i].name);
		f.data = text = vz_printf("#!/bin/sh\n%s%s", tools[i].begin ? tools[i].begin(real) : "", tools[i].text);
		f.len = strlen(text);
		if (vz_content_write(c->store, t, &f, err) < 0)
			return -1;
	}
	return 0;
}
