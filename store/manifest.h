/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Manifests: immutable, versioned templates.
 *
 *     templates/<name>/<N>/manifest   JSON, self-checksummed: the commit point
 *                          lock       canonical text of the plan it was built from
 *                          tree       composefs dump, gzip
 *                          log        what the build printed (package scripts)
 *     templates/<name>/current, last  which N is current, and the highest that was removed (store/reference.h)
 *
 * The directory is staged whole and renamed to its number, which makes the
 * version exist; then `current` is replaced.  Versions count from 1 and are
 * never used again.  The image is stored before the manifest is.
 *
 * A manifest is a document (store/document.h) of format "vzpkg-manifest 1": the
 * members of struct vz_manifest under their names ("summary", "parent" and
 * "recipe_path" absent where NULL; "image" is {"digest", "size"}; "lock" and
 * "tree" are the SHA-256 of those files).
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_manifest {
	char *name, *kind;           /* kind: "os", "app" */
	char *summary, *arch, *family;
	unsigned version;            /* given at publishing */
	char *parent;                /* "name@version", or NULL */
	char *recipe;                /* the recipe's text as it was read */
	char *recipe_path;           /* absolute path of its file, for updates; NULL if it has none */
	char *lock;                  /* the plan's canonical text */
	struct vz_digest lock_sum, tree_sum;   /* filled here: SHA-256 of the files */
	struct vz_digest image;      /* fs-verity */
	uint64_t image_size;
	uint64_t packages, files, bytes, new_bytes;
	double seconds;              /* what the build took */
	int64_t created;             /* Unix time */
	int64_t source_date;         /* what times were clamped to: newest in its packages, at most the signed date */
};

void vz_manifest_release(struct vz_manifest *m);
#define auto_manifest __attribute__((cleanup(vz_manifest_release)))

/* "NAME" or "NAME@VERSION". VERSION absent: current. VZ_NOTFOUND, VZ_DAMAGED. The lock is
 * read too; the tree is not. */
int vz_manifest_read(const struct vz_store *s, const char *ref, struct vz_manifest *ret, struct vz_err *err);
/* The tree, from the image: vz_store_image_tree(). */
struct vz_tree *vz_manifest_tree(const struct vz_store *s, const struct vz_manifest *m, struct vz_err *err);
/* Text of templates/<name>/<N>/log. */
int vz_manifest_log(const struct vz_store *s, const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err);

/* Writes the next version and makes it current, durably; fills `m->version`.
 * The caller holds the template's lock and has put the image (digest in `m`). */
int vz_manifest_publish(struct vz_store *s, struct vz_manifest *m, const struct vz_tree *tree, const char *log,
			struct vz_err *err);
/* Makes an existing version current. */
int vz_manifest_set_current(struct vz_store *s, const char *name, unsigned version, struct vz_err *err);
/* Removes a version, or all and the name itself if `version` is 0. Who uses it is the
 * caller's to check. If it was the current one, the highest that is left becomes current. */
int vz_manifest_remove(struct vz_store *s, const char *name, unsigned version, struct vz_err *err);

/* Names of all templates, sorted; versions of one, ascending. To be freed with
 * vz_names_free() and free(). */
char **vz_manifest_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err);
/* Also those of which no version is current, as when the last was removed, or publishing was cut off. */
char **vz_manifest_all_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err);
unsigned *vz_manifest_versions(const struct vz_store *s, const char *name, size_t *ret_n, struct vz_err *err);
/* 0 if there is none, or it cannot be read. */
unsigned vz_manifest_current(const struct vz_store *s, const char *name);
void vz_names_free(char **names, size_t n);

/* The JSON itself, without `lock`, which is a file of its own; for tests and fuzzing. Format
 * fails on text that is not UTF-8; parse gives VZ_DAMAGED. */
int vz_manifest_format(const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err);
int vz_manifest_parse(const char *text, size_t len, struct vz_manifest *ret, struct vz_err *err);

#endif
