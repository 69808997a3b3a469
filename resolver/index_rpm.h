/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the metadata of an RPM repository to .solv files, by libsolv's own
 * parsers.  What is given has been verified and has passed the XML gate
 * (resolver/xml.h), and each file descriptor is read from its start; a .solv is
 * written from its descriptor's offset on.
 *
 * Of a package stays what solving, ordering and downloading need.  Beside
 * libsolv's usual keys:
 *
 *     ids "vzpkg:module"            streams of modules that the package belongs to, "NAME:STREAM"
 *     void "vzpkg:module-default"   one of them is a default stream
 *
 * A group of comps.xml is a solvable "group:ID".  Parsers and writer differ
 * in what they refuse; whatever it is, it is VZ_UNTRUSTED.
 */
#ifndef RESOLVER_INDEX_RPM_H
#define RESOLVER_INDEX_RPM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "resolver/modules.h"

/* What of a primary.xml was made. */
struct vz_index_rpm_count {
	size_t packages;
	size_t modular;                  /* of them, in a module's stream */
	size_t malformed;                /* left out: not a name, version or architecture */
};

/* primary.xml. `modules` may be NULL. A package whose place is not below the repository, or that has no size or no
 * digest of SHA-256 or longer, makes the whole VZ_UNTRUSTED. */
int vz_index_rpm_primary(int xml, const struct vz_modules *modules, int out, struct vz_index_rpm_count *ret, struct vz_err *err);
/* The .solv of a primary.xml at the offset of `primary`, with the whole lists of files of filelists.xml. */
int vz_index_rpm_files(int primary, int filelists, int out, struct vz_err *err);
/* The headers of packages that are there already, in this order. */
struct vz_index_rpm_header {
	const char *name;                /* for messages */
	const char *data;                /* its signature header and header, with or without the lead */
	size_t len;
	const char *location, *digest;   /* of the whole file, as in an index */
	uint64_t size;
};
int vz_index_rpm_headers(const struct vz_index_rpm_header *headers, size_t n, int out, struct vz_err *err);
/* comps.xml. */
int vz_index_rpm_groups(int xml, int out, struct vz_err *err);
/* updateinfo.xml: each advisory a solvable "patch:ID". */
int vz_index_rpm_advisories(int xml, int out, struct vz_err *err);

#endif
