/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery: what a process that died left behind.
 *
 * New objects, images and records get their names before they are synced, so
 * that a build can use them at once; only what vz_store_sync() came after is
 * acknowledged.  When a process dies, the page cache still has everything, and
 * a sync makes it good.  When the machine went down, a file may have its name
 * and not its bytes.  So a stage says in its file `boot` which boot of the
 * machine it belongs to (/proc/sys/kernel/random/boot_id); a dead stage of
 * another boot makes everything that was named since it began suspect: an
 * object or image that is not what its name says is removed, records and
 * compositions, which are cheap to make again, are removed unseen.
 *
 * Nothing that a published template or environment needs can be hit: it was
 * synced before its commit point.
 */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include "base/err.h"

/* Writes `boot` into the stage `stage`. */
int vz_recover_mark(int stage, struct vz_err *err);
/* Looks after the store `root` for the dead stage `stage`, before that is removed. May be repeated. */
int vz_recover(int root, int stage, struct vz_err *err);

#endif
