/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The view: what processes in a root see besides it: /dev, /proc, /sys and,
 * for builds, empty /run and /tmp.
 *
 * To be called by pid 1 of new mount and pid namespaces.  The mount points have
 * to exist as directories; nothing is ever made in the root, no link there is
 * followed, and no host directory is used.  Device nodes are the host's, each
 * mounted read-only by itself: they work, but neither they nor new ones can
 * reach further.  What in /proc changes the whole machine is read-only.
 */
#ifndef LINK_VIEW_H
#define LINK_VIEW_H

#include <stdbool.h>

#include "base/err.h"

struct vz_view {
	int root_fd;             /* a detached mount; attached by vz_view_make() */
	bool build;              /* tmpfs on /run and /tmp */
	bool host_resolv_conf;
};

/* Attaches the root and all but /proc, makes it the root directory, and takes
 * the old one away. `ret_copy`: a detached mount of the same file system. */
int vz_view_make(const struct vz_view *v, int *ret_copy, struct vz_err *err);
/* Attaches /proc, once the root is the root directory. */
int vz_view_show_proc(struct vz_err *err);

#endif
