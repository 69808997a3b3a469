/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Metalinks and mirror lists: what a distribution's server answers when asked
 * for the mirrors of an RPM repository.
 *
 * A metalink (version 3.0, http://www.metalinker.org/, as Fedora's mirror
 * manager writes it) names the mirrors' copies of repodata/repomd.xml, each
 * with a preference, and the digests and time of the current repomd.xml and,
 * in <mm0:alternates>, of earlier ones that mirrors may still have.  A
 * mirror list is base URLs, one a line.
 *
 * Neither is signed; it is as good as the connection it came over.  Its digests
 * only ever take away: a repomd.xml that has none of them is not looked at.
 * URLs other than http, https, ftp and file are left out.
 */
#ifndef RESOLVER_METALINK_H
#define RESOLVER_METALINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "resolver/mirror.h"

/* One repomd.xml that may be taken. */
struct vz_metalink_file {
	char digest[129];                /* the longest it names; algorithm by length */
	uint64_t size;                   /* 0: unsaid */
	int64_t timestamp;               /* 0: unsaid */
};

struct vz_metalink {
	struct vz_metalink_file *files;  /* the current one first */
	size_t n;
	struct vz_mirrors mirrors;       /* of the repository, the most preferred first */
};

void vz_metalink_release(struct vz_metalink *m);

/* Adds to `ret`. No digest of SHA-256 or longer, or no usable mirror, or no such file at all: VZ_UNTRUSTED. */
int vz_metalink_read(const char *text, size_t len, struct vz_metalink *ret, struct vz_err *err);
/* Adds to `ret`. No usable mirror: VZ_UNTRUSTED with the first line of what came instead. */
int vz_mirrorlist_read(const char *text, size_t len, struct vz_mirrors *ret, struct vz_err *err);

#endif
