/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libapt-pkg behind plain C: .deb archives, Debian control text, Debian
 * versions, and the host's own apt configuration.
 *
 * The C++ is one file, shim/apt.cc.  No exception and no libapt-pkg type
 * crosses this header.  All functions may be called from several threads at
 * once on different objects; vz_apt_init() is called by them as needed.
 */
#ifndef SHIM_APT_H
#define SHIM_APT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One entry of a tar archive inside a .deb, as it stands there. */
struct vz_apt_entry {
	const char *name;            /* "./usr/bin/x" */
	const char *link;            /* target of a symbolic or hard link, or NULL */
	enum vz_apt_type { VZ_APT_FILE, VZ_APT_HARDLINK, VZ_APT_SYMLINK, VZ_APT_CHAR, VZ_APT_BLOCK, VZ_APT_DIR,
			   VZ_APT_FIFO } type;
	uint32_t mode;               /* permission bits */
	uint32_t uid, gid;
	uint32_t major, minor;
	uint64_t size;
	int64_t mtime;
};

/* Callbacks; a non-zero return ends the reading, and vz_apt_deb_read() then
 * returns -1 with what the callback put into `err`. `data` calls follow their
 * `entry` call in order, each with the next bytes. */
struct vz_apt_sink {
	int (*entry)(void *ctx, const struct vz_apt_entry *e, struct vz_err *err);
	int (*data)(void *ctx, const void *bytes, size_t len, struct vz_err *err);
	void *ctx;
};

/* Streams the control archive into `control`, then the data archive into
 * `files`. `fd` is read from its start. Checks the ar structure (debian-binary
 * first, "2.x"), every member's presence and that both archives end properly. */
int vz_apt_deb_read(int fd, const struct vz_apt_sink *control, const struct vz_apt_sink *files, struct vz_err *err);

/* Control text (deb822): calls `field` for each field of each stanza; `stanza`
 * numbers from 0. Values: continuation lines as they stand, leading white
 * space of the first line removed. A non-zero return ends the reading. */
typedef int (*vz_apt_field)(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err);
int vz_apt_control_read(const char *text, size_t len, vz_apt_field field, void *ctx, struct vz_err *err);

/* < 0, 0, > 0 as Debian orders versions. */
int vz_apt_version_cmp(const char *a, const char *b);

/* The base URIs that the host's apt configuration uses for an archive, in its
 * order, without duplicates: sources whose URI path ends in `archive`
 * ("debian", "debian-security"). NULL-terminated, to be freed with
 * vz_apt_uris_free(). Empty list if there are none. */
char **vz_apt_host_uris(const char *archive, struct vz_err *err);
void vz_apt_uris_free(char **uris);
/* Debian's name of this host's architecture ("amd64"); static. */
const char *vz_apt_host_arch(void);

#ifdef __cplusplus
}
#endif
#endif
