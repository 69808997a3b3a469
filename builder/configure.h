/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configure: what turns merged files into a healthy system of its family.
 *
 * The family's part stands behind an ops table (configure_deb.c, configure_rpm.c):
 *   prepare   adds the package database and seeds to the composed tree, as if
 *             the packages had just been unpacked;
 *   run       runs the maintainer scripts inside, through link/enter, on a
 *             mount of the composed tree with a private upper;
 *   settle    drops from the captured tree what must not be published;
 *   sources   tells the system's package manager of the recipe's repositories.
 */
#ifndef BUILDER_CONFIGURE_H
#define BUILDER_CONFIGURE_H

#include "base/buf.h"
#include "base/report.h"
#include "builder/compose.h"
#include "builder/sources.h"
#include "store/store.h"

#define VZ_CONFIGURE_SECONDS (30 * 60)

struct vz_configure {
	struct vz_store *store;
	const struct vz_tree *parent;            /* before compose; NULL: nothing */
	const struct vz_compose_package *packages;   /* new ones, in order */
	size_t n;
	const char *arch;                        /* family's name, "amd64" */
	int64_t date;                            /* SOURCE_DATE_EPOCH */
	struct vz_buf *log;                      /* what scripts printed is appended */
	const struct vz_report *report;
	void *state;                             /* the family's own, from prepare to release */
};

struct vz_configure_ops {
	const char *family;
	int (*prepare)(struct vz_configure *c, struct vz_tree *t, struct vz_err *err);   /* not for a recipe's script */
	int (*run)(const struct vz_configure *c, int root_fd, struct vz_err *err);    /* VZ_SCRIPT names the package */
	int (*settle)(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);
	bool alone;          /* no other thread may work while it does */
	/* NULL: the distribution's packages do. */
	int (*sources)(const struct vz_configure *c, const struct vz_sources *s, struct vz_tree *t, struct vz_err *err);
	void (*release)(struct vz_configure *c);     /* of `state`; NULL: there is none */
};

/* Where the kernel's file systems and scratch space appear while scripts run. */
int vz_configure_make_dirs(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err);
/* How long a program may run, in seconds: VZPKG_SCRIPT_SECONDS of the environment, else VZ_CONFIGURE_SECONDS. */
unsigned vz_configure_seconds(void);

/* VZPKG_PLAIN_SCRIPTS of the environment, unless it is empty: no script is left out and no tool answered for because it
 * would do nothing. That the result is the same is what it is there to show. */
bool vz_configure_plain(void);

const struct vz_configure_ops *vz_configure_ops(const char *family);   /* NULL: unknown */

#endif
