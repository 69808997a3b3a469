/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The OCI runtime of this host, and how it is called.
 *
 * runc and crun are known, in this order: both do what we ask, and runc also
 * where control groups are hybrid with controllers in both trees, which crun
 * refuses.  Beside it a static init is needed that environments can be shown:
 * catatonit, which can also wait alone.  Both are looked for in the places where
 * distributions put programs, whatever PATH is.
 *
 * A runtime is called with a state directory and an id, and told to write what
 * it has to say to a file as JSON lines, which both do alike; the last error in
 * it is the message of a call that failed.
 */
#ifndef LINK_OCI_H
#define LINK_OCI_H

#include "base/proc.h"
#include "link/cgroups.h"

struct vz_oci {
	char *path;                      /* "/usr/sbin/runc" */
	const char *name;                /* "runc"; static */
	char *init;                      /* "/usr/bin/catatonit" */
	char *why;                       /* why not the other: "crun: is not installed" */
	struct vz_cgroups cgroups;
};

void vz_oci_release(struct vz_oci *o);
#define auto_oci __attribute__((cleanup(vz_oci_release)))

/* Looks for programs in `dirs`, ended by NULL; NULL: the usual ones. VZ_FAILED with a hint what to install. */
int vz_oci_find(const char *const *dirs, const struct vz_cgroups *cgroups, struct vz_oci *ret, struct vz_err *err);
/* What it says of itself: "runc version 1.1.5". */
int vz_oci_version(const struct vz_oci *o, char **ret, struct vz_err *err);

/* One call on the container `id`, whose state is in `dir`/state: "create", "delete". */
struct vz_oci_call {
	const char *path;                /* of the runtime */
	const char *dir;
	const char *verb;
	const char *const *options;      /* between verb and id; NULL: none */
	const char *id;
	int stdin_fd, output_fd;         /* what a container gets that is created; -1: nothing */
};

/* VZ_FAILED with the runtime's own words. */
int vz_oci_run(const struct vz_oci_call *c, struct vz_err *err);
/* The message of a log; NULL: there is no error in it. */
char *vz_oci_last_error(const char *log, size_t len);

#endif
