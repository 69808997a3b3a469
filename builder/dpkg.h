/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dpkg database as text: stanzas of var/lib/dpkg/status, relations,
 * diversions, trigger declarations.
 *
 * Parsers of bytes only; formats are those of dpkg 1.21 (dpkg(1),
 * deb-control(5), deb-triggers(5)).  Names are checked against Debian's
 * grammar before they become part of a path.
 */
#ifndef BUILDER_DPKG_H
#define BUILDER_DPKG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define VZ_DPKG_DIR "/var/lib/dpkg"

/* What the builder needs of a package's stanza; absent fields are NULL. */
struct vz_dpkg_package {
	char *name, *version, *arch, *replaces;
	bool multi_arch_same;
};

struct vz_dpkg_packages {
	struct vz_dpkg_package *items;
	size_t n, cap;
};

void vz_dpkg_packages_release(struct vz_dpkg_packages *p);
#define auto_dpkg_packages __attribute__((cleanup(vz_dpkg_packages_release)))
/* Adds the stanzas of a status or control file. One without a proper name, version and architecture is an error. */
int vz_dpkg_packages_read(const char *text, size_t len, struct vz_dpkg_packages *ret, struct vz_err *err);

/* Package name, architecture: lower-case letters, digits, "+-." and a letter or digit first. */
bool vz_dpkg_name_is_sane(const char *name);
/* The name that files of info/ begin with: "libc6:amd64" for Multi-Arch: same, else "dpkg". To be freed. */
char *vz_dpkg_info_name(const struct vz_dpkg_package *p);

/* Does a relation field ("a (<< 1.2), b") name this package in this version? NULL names nothing. */
bool vz_dpkg_relation_has(const char *field, const char *name, const char *version);

/* One diversion: other packages' `from` goes to `to`. `owner` ":" is the local administrator. */
struct vz_dpkg_diversion {
	char *from, *to, *owner;
};
struct vz_dpkg_diversions {
	struct vz_dpkg_diversion *items;
	size_t n, cap;
};
void vz_dpkg_diversions_release(struct vz_dpkg_diversions *d);
int vz_dpkg_diversions_read(const char *text, size_t len, struct vz_dpkg_diversions *ret, struct vz_err *err);

/* Calls `interest` for each trigger that a control archive's "triggers" file
 * declares an interest in; activations are dpkg's own business. An unknown
 * directive or a malformed name is an error, as in dpkg. */
typedef void (*vz_dpkg_interest)(void *ctx, const char *trigger, bool await);
int vz_dpkg_triggers_read(const char *text, size_t len, vz_dpkg_interest interest, void *ctx, struct vz_err *err);

/* Appends the stanza of a package that was just unpacked: the fields of its
 * control file, "install ok unpacked", and its conffiles. `conffiles` has lines
 * "PATH MD5", or is NULL. */
int vz_dpkg_stanza(const char *control, size_t len, const char *conffiles, struct vz_buf *ret, struct vz_err *err);

#endif
