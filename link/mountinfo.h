/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mount information: what is mounted where, as the calling thread sees it
 * (proc_pid_mountinfo(5)).
 */
#ifndef LINK_MOUNTINFO_H
#define LINK_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct vz_mountinfo {
	unsigned id, parent;
	dev_t dev;
	char *root;              /* path in its file system */
	char *point;             /* path below the thread's root directory */
	bool shared;             /* what is mounted in it shows elsewhere too */
};

struct vz_mounts {
	struct vz_mountinfo *v;  /* a mount comes after the one it is mounted in */
	size_t n, cap;
};

void vz_mounts_release(struct vz_mounts *m);
#define auto_mounts __attribute__((cleanup(vz_mounts_release)))

/* `proc`: /proc, with which the calling thread has a number. */
int vz_mounts_read(int proc, struct vz_mounts *ret, struct vz_err *err);
/* The format itself, for tests and fuzzing. VZ_FAILED. */
int vz_mounts_parse(const char *text, size_t len, struct vz_mounts *ret, struct vz_err *err);

#endif
