/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reserve: a file of 1 MiB that holds room on the disk for those who free
 * some.
 *
 *     ROOT/reserve
 *
 * Removing needs a little room: a directory to put things away in, a new
 * reference.  On a disk without any, who removes spends the reserve first; it
 * is made again as soon as there is room, by whoever next opens the store for
 * change or has freed something.  A store without one is none the worse until
 * its disk is full.
 */
#ifndef STORE_RESERVE_H
#define STORE_RESERVE_H

#include "base/err.h"

#define VZ_RESERVE_BYTES (1 << 20)

/* Makes it, unless it is there or the disk has less than four times as much left. `root` is the store's. */
void vz_reserve_make(int root);
/* Removes it if the disk has less left than it gives. */
int vz_reserve_spend(int root, struct vz_err *err);

#endif
