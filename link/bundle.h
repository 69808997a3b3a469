/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bundles: an environment as an OCI runtime is told to run it.
 *
 * A bundle's config.json (OCI Runtime Specification 1.0.2) is computed from a
 * plain value; nothing that the environment contains has a say in it.  What
 * runs sees what `vzpkg exec` shows (link/view.h) and may do what that may
 * (link/confine.h): name spaces of its own but for the network, the host's
 * device nodes of memory and chance only, /proc and /sys where they concern the
 * whole machine read-only or hidden, and no terminal.  no_new_privs stays off:
 * su has to work.  System calls that reach past name spaces whatever the
 * capabilities are (keyrings, bpf, performance events, io_uring and the like)
 * are refused.
 *
 * Process 1 is a static init of the host's, shown read-only as /dev/init, which
 * reaps; the command is its child.  Without a command it is alone, and there for
 * `exec` to join.
 */
#ifndef LINK_BUNDLE_H
#define LINK_BUNDLE_H

#include "link/settings.h"

struct vz_bundle {
	const char *rootfs;              /* where the environment is mounted when the runtime is started */
	const char *hostname;
	const char *init;                /* host path of the init; it takes "-P" (alone), or "--" and a command */
	const char *resolv_conf;         /* host path of what is shown as /etc/resolv.conf; NULL: nothing */
	const char *cgroup;              /* path of the control group, from "/" */
	uint64_t open_files;             /* RLIMIT_NOFILE's hard limit, which the runtime may be unable to raise */
	const char *machine;             /* as uname(2) has it: which system calls there are */
	const struct vz_settings *settings;      /* command and limits */
	unsigned limits;                 /* VZ_LIMIT_* that the host can enforce (link/cgroups.h); others are left out */
	bool unified;                    /* weights are turned into version 1's for a host of version 2 to turn back */
};

/* Appends config.json. VZ_FAILED for a text that is not UTF-8. */
int vz_bundle_format(const struct vz_bundle *b, struct vz_buf *ret, struct vz_err *err);
/* Appends "resources" alone, for what runs already: limits that are not set are taken away. */
int vz_bundle_limits(const struct vz_bundle *b, struct vz_buf *ret, struct vz_err *err);

#endif
