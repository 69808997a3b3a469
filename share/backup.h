/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backups: an environment as a parcel (share/parcel.h), with what no repository
 * can give back.
 *
 *     backup NAME         the environment's record (link/env.h): the first item
 *     settings NAME       what its owner chose (link/settings.h)
 *     plan SHA256         the lock of what it shows
 *     manifest NAME@N     of its OS template, and of each application;
 *     lock NAME@N         theirs,
 *     tree NAME@N         and their trees, as dumps
 *     composition DIGEST  the tree of the image it shows, where that is no template's
 *     private NAME        what is private, if anything is: the difference to that tree (share/difference.h)
 *     object DIGEST …     contents: those that are in no package of the plan, or those that were asked for
 *
 * No mark of overlayfs is in it: what a mark says is told by files and whiteouts.
 * Contents of packages are left out; who restores it gets them from his own store
 * or from the repositories that the recipes in the manifests name, by the
 * digests in the locks.
 *
 * Nothing in a backup is believed.  Contents are hashed, images are made by our
 * own writer and compared, and the environment exists with the last step, or
 * nothing of it does but contents that are garbage then.
 */
#ifndef SHARE_BACKUP_H
#define SHARE_BACKUP_H

#include "base/report.h"
#include "base/table.h"
#include "link/env.h"
#include "resolver/network.h"
#include "store/store.h"

#define VZ_BACKUP_APPS_MAX 1000

struct vz_backup {
	struct vz_store *store;          /* open for change: private contents become objects */
	const char *name;
	int fd;                          /* where it is written, at its offset; stays open */
	const struct vz_table *wanted;   /* contents to have in it, by digest; or */
	const struct vz_table *known;    /* those not to have in it; both NULL: those that packages have are not */
	bool contents_only;              /* nothing but those */
	const struct vz_report *report;
	/* result */
	uint64_t size;                   /* bytes written */
	uint64_t files;                  /* private ones */
	char digest[VZ_HEX_LEN + 1];     /* SHA-256 of the file */
};

int vz_backup(struct vz_backup *b, struct vz_err *err);
/* Adds the digests of all contents that the environment shows, or needs to be updated, each with NULL. */
int vz_backup_contents(struct vz_store *s, const char *name, struct vz_table *ret, struct vz_err *err);

struct vz_restore {
	struct vz_store *store;          /* open for change */
	int fd;                          /* a file, from its start */
	uint64_t size;
	const char *name;                /* of the environment here; NULL: as it was called */
	const char *const *mirror_dirs;
	const char **recipe_dirs;        /* where recipes are that tell where packages are; else those of the backup do */
	bool offline;
	bool dry_run;                    /* the file is read and checked, packages that would be fetched are counted */
	const struct vz_network *network;
	const struct vz_report *report;
	/* result */
	struct vz_env env;
	uint64_t new_bytes;              /* of contents that the store did not have */
	size_t packages;                 /* fetched from repositories, or that would be */
};

/* VZ_EXISTS; VZ_UNTRUSTED for a bad file; VZ_NETWORK, VZ_NOTFOUND where packages cannot be had. */
int vz_restore(struct vz_restore *r, struct vz_err *err);
void vz_restore_release(struct vz_restore *r);
/* Takes the contents of a parcel, and nothing else. */
int vz_restore_contents(struct vz_restore *r, struct vz_err *err);

#endif
