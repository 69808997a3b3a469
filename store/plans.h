/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plans of compositions: texts (resolver/plan.h), kept once each as
 *
 *     ROOT/plans/<SHA-256 of the text>
 *
 * for whoever refers to one by that sum: environments and their generations,
 * and what was built for them.  A template has its lock with its manifest, and
 * here as well once an environment was made from it.
 */
#ifndef STORE_PLANS_H
#define STORE_PLANS_H

#include "base/buf.h"
#include "store/store.h"

/* Durable when it returns; nothing to do if it is there. */
int vz_plans_put(struct vz_store *s, const char *text, size_t len, struct vz_digest *ret, struct vz_err *err);
/* Adds the text, which is checked, to `ret`. VZ_DAMAGED if it is absent or another. */
int vz_plans_get(const struct vz_store *s, const struct vz_digest *plan, struct vz_buf *ret, struct vz_err *err);

#endif
