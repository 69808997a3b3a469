/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include "builder/waiting.h"

#define DIVERSIONS VZ_DPKG_DIR "/diversions"

/*
 * Diversions are three lines each: from, to, owner (builder/dpkg.h). All of this
 * runs only if VZ_WAITING_DIR is there; a package's turn is what dpkg's unpacking
 * of it would be, so its files meet the diversions that packages before it made.
 */
const char vz_deb_driver[] =
	"exec 9>&1 1>&2\n"
	"[ -d /run/lock ] || mkdir -m 1777 /run/lock\n"
	"fail() { echo \"status: $name : error : $*\" >&9; exit 1; }\n"
	"there() { [ -e \"$1\" ] || [ -L \"$1\" ]; }\n"
	"away() {\n"
	"	mkdir -p -- \"${2%/*}\" && mv -T -- \"$1\" \"$2\" || fail \"its '$1' cannot be diverted to '$2'\"\n"
	"}\n"
	/* PATH: what says that it is diverted is in to and owner */
	"diverted() {\n"
	"	[ -e " DIVERSIONS " ] || return 1\n"
	"	while IFS= read -r from && IFS= read -r to && IFS= read -r owner; do\n"
	"		[ \"$from\" != \"$1\" ] || return 0\n"
	"	done <" DIVERSIONS "\n"
	"	return 1\n"
	"}\n"
	/* one file that waited, at its place */
	"place() {\n"
	"	if diverted \"$shipped\" || diverted \"$path\"; then\n"
	"		if [ \"$owner\" != \"$name\" ]; then\n"
	"			mkdir -p -- \"${to%/*}\" && path=$to\n"
	"		elif there \"$path\" && ! there \"$to\"; then\n"
	"			away \"$path\" \"$to\"\n"
	"		fi\n"
	"	elif there \"$path\" && [ \"$other\" != \"$name\" ]; then\n"
	"		fail \"package '$other' ships '$path' too\"\n"
	"	fi\n"
	"	mv -fT -- \"$1\" \"$path\" || fail \"its '$path' cannot be put in place\"\n"
	"}\n"
	"place_all() {\n"
	"	while read -r waiting && IFS= read -r path && IFS= read -r shipped && read -r other; do\n"
	"		place \"$1/$waiting\"\n"
	"	done <\"$1/list\"\n"
	"}\n"
	/* its files that did not wait and that an earlier package has diverted without moving them */
	"divert_rest() {\n"
	"	while IFS= read -r from && IFS= read -r to && IFS= read -r owner; do\n"
	"		[ \"$owner\" != \"$name\" ] && there \"$from\" && ! there \"$to\" || continue\n"
	"		grep -qxF -e \"$from\" \"" VZ_DPKG_DIR "/info/$info.list\" && away \"$from\" \"$to\"\n"
	"	done <" DIVERSIONS "\n"
	"}\n"
	"while read -r name arch info preinst; do\n"
	"	if [ $preinst = preinst ]; then\n"
	"		echo \"processing: preinst: $name\" >&9\n"
	"		ln -sfn \"" VZ_DEB_CONTROL "/$name:$arch\" " VZ_DPKG_DIR "/tmp.ci || exit 1\n"
	"		DPKG_MAINTSCRIPT_PACKAGE=$name DPKG_MAINTSCRIPT_ARCH=$arch"
	" " VZ_DPKG_DIR "/tmp.ci/preinst install </dev/null 9>&- || fail \"preinst ended with status $?\"\n"
	"	fi\n"
	"	[ -d " VZ_WAITING_DIR " ] || continue\n"
	"	waiting=" VZ_WAITING_DIR "/$name:$arch\n"
	"	[ ! -d \"$waiting\" ] || place_all \"$waiting\"\n"
	"	[ ! -e " DIVERSIONS " ] || divert_rest\n"
	"done\n"
	"[ ! -L " VZ_DPKG_DIR "/tmp.ci ] || rm " VZ_DPKG_DIR "/tmp.ci || exit 1\n"
	"[ ! -d " VZ_WAITING_DIR " ] || rm -r " VZ_WAITING_DIR " || exit 1\n"
	"exec /usr/bin/dpkg --status-fd 9 --abort-after=1 --force-unsafe-io,confdef,confold --configure -a </dev/null\n";
