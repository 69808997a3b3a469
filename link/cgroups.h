/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control groups: how this host has them, and which limits it can enforce.
 *
 * There are three ways: one tree with all controllers (version 2, unified), a
 * tree for each controller (version 1, legacy), and the latter with a tree of
 * version 2 beside it (hybrid).  OCI runtimes differ in which they work with
 * (link/oci.h), and kernels in which controllers they were built with: a limit
 * that is not there is left out and told of, rather than letting nothing run.
 */
#ifndef LINK_CGROUPS_H
#define LINK_CGROUPS_H

#include <stdbool.h>

#include "base/texts.h"
#include "link/settings.h"

#define VZ_CGROUPS "/sys/fs/cgroup"

enum vz_cgroups_way { VZ_CGROUPS_NONE, VZ_CGROUPS_LEGACY, VZ_CGROUPS_HYBRID, VZ_CGROUPS_UNIFIED };

enum vz_limit {
	VZ_LIMIT_CPUS = 1,
	VZ_LIMIT_MEMORY = 2,
	VZ_LIMIT_SWAP = 4,               /* memory and swap space together */
	VZ_LIMIT_PIDS = 8,
	VZ_LIMIT_IO = 16,
};

struct vz_cgroups {
	enum vz_cgroups_way way;
	bool mixed;                      /* hybrid, and version 2 has controllers of its own */
	unsigned limits;                 /* VZ_LIMIT_* that can be enforced */
};

/* Looks at `dir`, VZ_CGROUPS unless a test says otherwise. */
void vz_cgroups_look(const char *dir, struct vz_cgroups *ret);
const char *vz_cgroups_name(enum vz_cgroups_way way);
/* A sentence for each limit of `s` that is not enforced here. */
void vz_cgroups_unmet(const struct vz_cgroups *c, const struct vz_settings *s, struct vz_texts *ret);
/* Ends all processes of the control group `path` (from "/"), in each tree, and removes it. Nothing there is success;
 * VZ_BUSY names a process that does not end. */
int vz_cgroups_clear(const char *dir, const char *path, struct vz_err *err);

#endif
