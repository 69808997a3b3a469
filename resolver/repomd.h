/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repomd.xml: what an RPM repository's metadata consists of, each file with its
 * place, digest and size.
 *
 * <repomd> (namespace http://linux.duke.edu/metadata/repo) holds <revision>
 * and <data type="primary"> and so on; as createrepo_c writes it.  Only bytes
 * that passed what the recipe's trust asks for come here.
 *
 * A file is taken only with a SHA-256 or longer digest and a place that stays
 * below the repository: no scheme, no leading slash, no "..", no xml:base.
 */
#ifndef RESOLVER_REPOMD_H
#define RESOLVER_REPOMD_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_repomd_file {
	char *type;                      /* "primary", "filelists", "group", "group_gz", "updateinfo", "modules", … */
	char *location;                  /* below the repository's base URL */
	char digest[129];                /* of the file; algorithm by length */
	char open_digest[129];           /* of what it decompresses to; "": unsaid */
	uint64_t size, open_size;        /* 0: unsaid */
};

struct vz_repomd {
	int64_t date;                    /* newest of the revision, if that is a time, and the files' timestamps; 0: none */
	struct vz_repomd_file *files;    /* each type once */
	size_t n;
};

void vz_repomd_free(struct vz_repomd *r);
VZ_AUTO(struct vz_repomd, vz_repomd_free)
#define auto_repomd VZ_CLEANUP(vz_repomd_free)

/* VZ_UNTRUSTED where it is no such file, or one of its files must not be taken. */
struct vz_repomd *vz_repomd_read(const char *text, size_t len, struct vz_err *err);
const struct vz_repomd_file *vz_repomd_file(const struct vz_repomd *r, const char *type);   /* NULL: none */

#endif
