/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order in which packages are configured: what a package needs comes
 * before it.
 *
 * Pre-Depends are kept strictly.  Where dependencies run in a circle, the
 * circle comes as one piece behind everything it needs, and is opened where
 * the fewest dependencies wait.  Names decide what is left open, so the same
 * set is always in the same order.
 */
#ifndef RESOLVER_ORDER_H
#define RESOLVER_ORDER_H

#include "resolver/universe.h"

/* Add `packages`, of different names, to `ret`. Dependencies on others are taken as met.
 * dpkg's order of configuring, and rpm's of installing. */
void vz_order_deb(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret);

void vz_order_rpm(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret);

#endif
