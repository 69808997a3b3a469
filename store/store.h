/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: one directory, root-only, that holds everything vzpkg keeps.
 *
 *     ROOT/objects/ab/cdef…        file contents, named by fs-verity digest (store/object.h)
 *          packages/<digest>       package records (store/record.h)
 *          repos/<id>/             verified metadata and .solv caches (resolver/)
 *          templates/<name>/<N>/   manifests (store/manifest.h)
 *          images/<digest>.erofs
 *          plans/<sha256>          plans of compositions (store/plans.h)
 *          compositions/<key>      what build stages gave (store/outcome.h)
 *          envs/<name>/            environments (link/env.h)
 *          staging/  trash/  locks/
 *          reserve                 room for those who free some (store/reserve.h)
 *          version                 "vzpkg-store 1\n"; another text is refused
 *
 * Everything is staged below staging/ on the same file system, synced, and
 * renamed into place; readers never see half of anything.  A stage belongs to
 * the process that holds a lock (flock) on its directory; stages whose lock is
 * free are dead and are removed by the next process that opens the store for
 * change.
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

/* Errors: VZ_NOTFOUND (no store there, for READ), VZ_BUSY (another process holds
 * the lock the other way), VZ_FAILED (a directory with other things in it, a store
 * of another version, no permission). */
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
 * false: VZ_BUSY at once. Kinds: "template", "env", "repo", "composition". Returns
 * the fd. */
int vz_store_lock(struct vz_store *s, const char *kind, const char *name, bool wait, struct vz_err *err);

/* Makes everything staged or put so far durable (syncfs on the store's file
 * system). Call once before a commit point. */
int vz_store_sync(struct vz_store *s, struct vz_err *err);

/* Files that never change once they have their name. Begin: an anonymous file for
 * writing on the store's file system, below `dir`. End: closes `*fd` (-1 after) and
 * gives it the name `name` below `dir` unless that exists, sealed with fs-verity
 * where the file system can; `ret_new` (may be NULL): whether it was given. */
int vz_store_begin_file(const struct vz_store *s, int dir, struct vz_err *err);
enum vz_store_seal { VZ_STORE_PLAIN, VZ_STORE_SEALED };
int vz_store_end_file(struct vz_store *s, int *fd, int dir, const char *name, enum vz_store_seal seal, bool *ret_new,
		      struct vz_err *err);

/* Images. Put: writes images/<digest>.erofs unless there; durable only after
 * vz_store_sync(). Open: read-only fd; VZ_DAMAGED if absent. */
int vz_store_put_image(struct vz_store *s, const void *image, size_t len, struct vz_digest *ret, struct vz_err *err);
int vz_store_open_image(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err);
/* The tree of an image of the store, whose digest is checked. VZ_DAMAGED. */
struct vz_tree;
struct vz_tree *vz_store_image_tree(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err);

#endif
