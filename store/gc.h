/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Garbage collection: what nobody needs goes.
 *
 *     s = vz_store_open(root, VZ_STORE_COLLECT, …)        alone
 *     vz_live_mark(s, &live, …)                           after all roots were added
 *     vz_gc_plan(s, &live, &gc, …)                        what goes, and what that frees; a dry run ends here
 *     vz_gc_run(s, &gc, …)
 *
 * What refers to something goes before it, with a sync between: outcomes,
 * records and plans, then images, then objects.  Killed or without power at any
 * moment, nothing is left that refers to something that is gone, and the rest
 * goes the next time.  Versions and generations that go are gone before.
 *
 * Besides: leftovers, which are files in trash/, temporary files of writers
 * that died, and locks of what is gone.  Files with names that this store does
 * not give are left alone, and listed.
 *
 * Bytes are what the file system gave for a file (st_blocks).  A million
 * objects are looked through and removed in seconds, by two threads or more; of
 * those that go, 32 bytes each are remembered.
 */
#ifndef STORE_GC_H
#define STORE_GC_H

#include "store/live.h"

enum vz_gc_kind {
	VZ_GC_OUTCOMES, VZ_GC_RECORDS, VZ_GC_PLANS, VZ_GC_LEFTOVERS, VZ_GC_IMAGES, VZ_GC_OBJECTS,   /* in this order */
	VZ_GC_KINDS
};

struct vz_gc_sum {
	uint64_t n, bytes;
};

struct vz_gc_objects {               /* of one directory below objects/ that go */
	struct vz_digest *v;
	size_t n, cap;
};

struct vz_gc {
	/* in: NULL, or bytes by holder are added up here, of what stays */
	uint64_t *held;
	size_t n_held;                   /* VZ_LIVE_ENV + number of environments */
	/* out */
	struct vz_gc_sum stays[VZ_GC_KINDS];     /* bytes of objects only with `held` */
	struct vz_gc_sum goes[VZ_GC_KINDS];
	struct vz_texts paths[VZ_GC_KINDS];      /* of what goes, below ROOT; but objects: */
	struct vz_gc_objects objects[256];
	struct vz_texts strange;                 /* paths of files that are none of ours */
};

void vz_gc_release(struct vz_gc *g);         /* but not `held` */
#define auto_gc __attribute__((cleanup(vz_gc_release)))

int vz_gc_plan(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, const struct vz_report *report,
	       struct vz_err *err);
int vz_gc_run(struct vz_store *s, const struct vz_gc *g, const struct vz_report *report, struct vz_err *err);

#endif
