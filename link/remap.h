/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remap: a running environment gets another file system below it.
 *
 * All processes that are in the old one are held still (link/quiesce.h).  In
 * every mount namespace that shows it, each of its mounts is replaced: the
 * root by pivot_root(2), others where they are; what was mounted in them is
 * moved over, not copied, so nothing that a process has open there changes.
 * Working directories follow.  Then the old one is detached: files that are
 * open or mapped keep it alive and their old version, every new open sees the
 * new one.
 *
 * All is checked first: a mount point that the new file system lacks refuses
 * the whole.  If a namespace fails all the same, those done are put back.  What
 * somebody did half who died is undone by the next remap, from the file system that
 * processes have for root.
 */
#ifndef LINK_REMAP_H
#define LINK_REMAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A process that still has to do with the old version. */
struct vz_remap_left {
	pid_t pid;
	char command[16];        /* as in /proc/PID/comm */
	const char *why;         /* static */
};

struct vz_remap {
	unsigned namespaces, mounts, processes;
	uint64_t paused_us;      /* from when the first was held till all went on */
	struct vz_remap_left *left;
	size_t n_left, cap_left;
};

void vz_remap_release(struct vz_remap *r);
#define auto_remap __attribute__((cleanup(vz_remap_release)))

/* Where to. All calls are made while what runs is held. */
struct vz_remap_target {
	/* A detached mount of the other file system, of which copies are attached; it is closed afterwards. What has to
	 * change on disk before it is mounted, changes here. -1: nothing may have changed. */
	int (*mount)(void *ctx, struct vz_err *err);
	/* It failed after that, and nothing has moved. NULL: nothing to do then. */
	void (*undo)(void *ctx);
	void *ctx;
};

/* Moves everything from the file system that the mount `old_fd` is of. VZ_BUSY names a mount point
 * that is missing; nothing has changed then. */
int vz_remap(int old_fd, const struct vz_remap_target *to, struct vz_remap *ret, struct vz_err *err);
/* Moves to the file system of `new_fd` what somebody left behind who died in the middle: processes that are in the
 * file system whose device number was `old`, and whose root directory's inode number `old_root`. */
int vz_remap_rest(dev_t old, ino_t old_root, int new_fd, struct vz_remap *ret, struct vz_err *err);

#endif
