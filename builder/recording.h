/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings: what was installed in an environment besides what it was composed
 * of, by whatever program, as the tree of an application's template.
 *
 *     vz_recording_make()  environment's trees → recording       `vzpkg capture`
 *     vz_recording_apply() recording + tree → tree               a stage of a build (builder/stage.h)
 *
 * The tree of a recording:
 *
 *     /about        a document (store/document.h) of format "vzpkg-recording 1": "family", "template", and "packages", a
 *                   list of texts "NAME VERSION ARCH HOW", HOW being "asked" or "needed" (builder/inventory.h)
 *     /files/…      what is new or another, and all files of packages that came or changed
 *     /before/…     what the composition had in the places of these, so that it can be merged into another
 *     /removed/…    what is gone: an empty file for each file, a directory of mode 0 for each directory that went as well
 *
 * Only /etc/passwd and /etc/group are in it in any case: they say whose the files are.
 *
 * Left out is what is bound to one machine or one moment (builder/recording_rules.c): logs, caches, /tmp, /run, host names,
 * machine-id, random seeds; unless a package says that it is its own.  So are, in any case, secrets: private keys,
 * password hashes (accounts that came are locked, others' are not in it), and people's directories, /root and /home.
 *
 * Put on another tree, a recording is merged as a tenant's private files are when
 * an environment moves (builder/merge.h): package databases by package,
 * passwd and its like by record, ids of users as the tree has them, or free ones.
 * Where both have another file, the recording's shows.
 */
#ifndef BUILDER_RECORDING_H
#define BUILDER_RECORDING_H

#include "base/texts.h"
#include "builder/merge.h"
#include "store/document.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_recording_about {
	char *family, *template;         /* of the environment that it was made from */
	struct vz_texts packages;        /* as above, sorted */
};
void vz_recording_about_release(struct vz_recording_about *a);
#define auto_recording_about __attribute__((cleanup(vz_recording_about_release)))
/* VZ_NOTFOUND: the tree is no recording; VZ_DAMAGED. */
int vz_recording_about(const struct vz_store *s, const struct vz_tree *recording, struct vz_recording_about *ret, struct vz_err *err);

struct vz_recording_make {
	struct vz_store *store;
	const char *family, *template;
	struct vz_tree *from, *to;       /* the composition; what its user sees. The `owner` of their nodes is used */
	struct vz_texts include, exclude;/* paths, each with all below it: in it whatever the rules say; not in it */
	/* result */
	struct vz_recording_about about;
	struct vz_texts users;           /* "user NAME", "group NAME" that came */
	struct vz_texts left_out;        /* secrets, and people's directories, of which something would have been in it */
	uint64_t files, removed, bytes;  /* names of files that are in it; that are gone; contents */
	uint64_t loose;                  /* of the files: those that no package has brought */
};
void vz_recording_make_release(struct vz_recording_make *m);     /* the lists, and the result */
/* NULL: failed. Nothing was installed is VZ_NOTFOUND. */
struct vz_tree *vz_recording_make(struct vz_recording_make *m, struct vz_err *err);

/* One that an application's version has: its image. */
struct vz_recording {
	const char *name;                /* of the application, for messages */
	struct vz_digest image;
};

struct vz_recording_apply {
	struct vz_store *store;
	const char *family;
	const struct vz_tree *recording;
	struct vz_tree *tree;            /* changed in place */
	struct vz_buf *log;              /* a line for each thing that both have changed */
	/* result */
	struct vz_merge_again again;     /* to be run inside (builder/merge.h) */
};
/* VZ_UNRESOLVED: it does not fit the tree. */
int vz_recording_apply(struct vz_recording_apply *a, struct vz_err *err);

/* For recording*.c only: the format of /about, and the rules. */
extern const struct vz_document_kind vz_recording_kind;
enum vz_recording_rule {
	VZ_RECORDING_TAKE,
	VZ_RECORDING_SKIP,               /* of no interest */
	VZ_RECORDING_SECRET,             /* left out, and told */
};
/* What they say of a path. `owned`: a package brought it. */
enum vz_recording_rule vz_recording_rule(const char *path, bool is_dir, bool owned);

#endif
