/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: one directory, root-only, that holds everything vzpkg keeps.
 *
 *     ROOT/objects/ab/cdef…        file contents, named by fs-verity digest (store/object.h)
 *          packages/<sha256>       package records (store/record.h)
 *          repos/<id>/             verified metadata and .solv caches (resolver/)
 *          templates/<name>/<N>/   manifests (store/manifest.h)
 *          images/<digest>.erofs
 *          compositions/<key>      built trees by (parent, ordered plan) (builder/)
 *          envs/<name>/            environments (link/env.h)
 *          staging/  trash/  locks/
 *
 * Everything is staged below staging/ on the same file system, synced, and
 * renamed into place; readers never see half of anything.  A stage belongs to
 * the process whose lock file it holds open; stages whose lock is free are
 * dead and are removed by the next process that opens the store for change.
 *
 * Locks are taken in the order store, template, environment.  Whoever adds
 * objects holds the store lock shared; garbage collection holds it exclusive.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/err.h"

struct vz_store;

enum vz_store_mode {
	VZ_STORE_READ,      /* must exist; no lock */
	VZ_STORE_CHANGE,    /* made if absent; shared lock; dead stages are removed */
	VZ_STORE_COLLECT,   /* exclusive lock: nothing else may add or remove */
};

struct vz_store *vz_store_open(const char *root, enum vz_store_mode mode, struct vz_err *err);
void vz_store_close(struct vz_store *s);
VZ_AUTO(struct vz_store, vz_store_close)
#define auto_store VZ_CLEANUP(vz_store_close)

int vz_store_fd(const struct vz_store *s);             /* of ROOT; valid until close */
const char *vz_store_path(const struct vz_store *s);   /* absolute path of ROOT */
int vz_store_objects_fd(const struct vz_store *s);     /* of ROOT/objects */

/* This process's stage: a private directory on the store's file system, made on
 * first use, removed with all below it at close. The path is relative to ROOT. */
int vz_store_stage(struct vz_store *s, struct vz_err *err);        /* directory fd, owned by the store */
const char *vz_store_stage_path(struct vz_store *s);

/* Locks `locks/<kind>-<name>` for this process until the fd is closed. `wait`
 * false: VZ_BUSY at once. Kinds: "template", "env", "repo", "composition". */
int vz_store_lock(struct vz_store *s, const char *kind, const char *name, bool wait, struct vz_err *err);

/* Makes everything staged or put so far durable (syncfs on the store's file
 * system). Call once before a commit point. */
int vz_store_sync(struct vz_store *s, struct vz_err *err);

/* Images. Put: writes images/<digest>.erofs unless there; durable only after
 * vz_store_sync(). Open: read-only fd. */
int vz_store_put_image(struct vz_store *s, const void *image, size_t len, struct vz_digest *ret, struct vz_err *err);
int vz_store_open_image(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err);
/* The tree of an image of the store, whose digest is checked. VZ_DAMAGED. */
struct vz_tree;
struct vz_tree *vz_store_image_tree(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err);

#endif
