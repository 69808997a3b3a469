/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The objects' part of store/gc.h, which is alone in having millions of them:
 * one job for each of the 256 directories.  Nobody else includes this.
 */
#ifndef STORE_GC_OBJECTS_H
#define STORE_GC_OBJECTS_H

#include "store/gc.h"

int vz_gc_plan_objects(const struct vz_store *s, const struct vz_live *l, struct vz_gc *g, const struct vz_report *report,
		       struct vz_err *err);
int vz_gc_run_objects(struct vz_store *s, const struct vz_gc *g, const struct vz_report *report, struct vz_err *err);

#endif
