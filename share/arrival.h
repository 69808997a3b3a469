/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arrivals: a template as another host gave it, before anybody judged it.
 *
 * The reader of each form (a layout, a composefs directory, an artifact) fills
 * one; share/adopt.h decides what becomes of it.  Contents are in the store, the
 * tree's links are in order.
 */
#ifndef SHARE_ARRIVAL_H
#define SHARE_ARRIVAL_H

#include "store/manifest.h"

struct vz_arrival {
	struct vz_manifest from;         /* what is said of it, the lock too */
	bool foreign;                    /* not made by vzpkg: `from` names no image */
	struct vz_tree *tree;
	uint64_t new_bytes;              /* of contents that were not in the store */
};

void vz_arrival_release(struct vz_arrival *a);
#define auto_arrival __attribute__((cleanup(vz_arrival_release)))

/* Takes our own manifest and lock, as texts. VZ_UNTRUSTED if they are none, or not of each other. */
int vz_arrival_read(struct vz_arrival *a, const char *manifest, size_t len, const char *lock, struct vz_err *err);
/* Makes a manifest for a tree that has none: an OS template of that name, without packages that anybody has records of.
 * `machine`: as `uname -m` has it. */
void vz_arrival_name(struct vz_arrival *a, const char *name, const char *machine);

#endif
