/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stale: processes of an environment that still have files of an earlier version mapped.
 *
 * A move (link/remap.h) leaves what is mapped, programs and libraries, as it
 * was.  Looked at are the processes that have the environment's file system for
 * root, and those that share a pid namespace with one: a process that had changed its
 * root before the move may be in the old one altogether.  A file counts that was
 * mapped from another overlay, if at its path in the present one there is none, or
 * one of another size or time of modification.  One that its own version had
 * lost already counts only if another has come to its place: programs like to map files that
 * they have removed.
 *
 * Nothing is held meanwhile: what ends or begins while we look may be missing.
 */
#ifndef LINK_STALE_H
#define LINK_STALE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/texts.h"

struct vz_stale {
	pid_t pid;               /* as the host numbers it */
	char command[16];        /* as in /proc/PID/comm */
	struct vz_texts files;   /* paths inside, sorted; a tenant had a say in them */
};

struct vz_stale_list {
	struct vz_stale *v;      /* by pid */
	size_t n, cap;
};

void vz_stale_release(struct vz_stale_list *l);
#define auto_stale __attribute__((cleanup(vz_stale_release)))

/* `root_fd`: the root directory of the environment's mount. -1 only if /proc cannot be read. */
int vz_stale_find(int root_fd, struct vz_stale_list *ret, struct vz_err *err);

#endif
