/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Package records: what opening a package once left behind.
 *
 * A record holds the package's file tree (contents by digest) and, by name,
 * the members that installing needs.
 *
 * .deb: the control archive's files ("control", "preinst", "conffiles",
 * "triggers", …).  The tree also has its var/lib/dpkg/info/ files, so that
 * composing needs no file content.
 *
 * .rpm: "header", all that stands between the lead and the payload; "owners",
 * lines "USER GROUP PATH" of the files that are not root's, whose ids in the
 * tree are 0 (a path has no control bytes, so it stands as it is); "implied",
 * lines with the directories that the package does not list.  What it lists as
 * %ghost is not in the tree; capabilities are in security.capability.
 *
 * A record is keyed by the digest of the package file
 * that the repository's signed metadata promises.
 *
 * On disk, packages/<digest>:
 *
 *     "vzpkg-record 1\n"
 *     "family " deb|rpm "\n"  "size " N "\n"
 *     { "member " NAME " " LENGTH "\n" BYTES "\n" }
 *     "tree " LENGTH "\n" DUMP "\n"
 *     "end " SHA256-HEX-OF-ALL-BEFORE "\n"
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/buf.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_record_member {
	char *name;
	char *data;              /* NUL behind `len` */
	size_t len;
};

struct vz_record {
	char *family;            /* "deb", "rpm" */
	uint64_t size;           /* of the package file */
	struct vz_record_member *members;
	size_t n_members;
	struct vz_tree *tree;
};

void vz_record_free(struct vz_record *r);
VZ_AUTO(struct vz_record, vz_record_free)
#define auto_record VZ_CLEANUP(vz_record_free)
struct vz_record *vz_record_new(const char *family);
void vz_record_add(struct vz_record *r, const char *name, const void *data, size_t len);
const struct vz_record_member *vz_record_member(const struct vz_record *r, const char *name);  /* NULL if absent */

/* `digest`: what vz_hash_algo() takes for one. */
bool vz_record_has(const struct vz_store *s, const char *digest);
/* VZ_NOTFOUND if absent, VZ_DAMAGED if it contradicts itself. */
struct vz_record *vz_record_read(const struct vz_store *s, const char *digest, struct vz_err *err);
/* Durable only after vz_store_sync(): a record must not outlive its objects. */
int vz_record_put(struct vz_store *s, const char *digest, const struct vz_record *r, struct vz_err *err);

/* The format itself, for tests and fuzzing. */
void vz_record_format(const struct vz_record *r, struct vz_buf *ret);
struct vz_record *vz_record_parse(const char *data, size_t len, struct vz_err *err);

#endif
