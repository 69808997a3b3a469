/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Migration: an environment moves to another host, over ssh.
 *
 * The other host's vzpkg is asked three things, by its own command line:
 *
 *     restore --lacking -     of these contents, by digest, which are not there?
 *     restore --contents -    take these contents
 *     restore - NAME          take the environment, with what it still lacks
 *
 * What runs is stopped between the second and the third, so the pause is
 * what changed since, and a start there.  Nothing is asked of repositories.  If
 * anything fails, the environment here is as it was, and runs again if it
 * did.
 *
 * ssh is ssh(1), with the user's configuration and keys, or the program that
 * VZPKG_SSH names; whatever asks for a password does so itself.
 */
#ifndef SHARE_MIGRATE_H
#define SHARE_MIGRATE_H

#include "base/report.h"
#include "link/env.h"
#include "store/store.h"

struct vz_migrate {
	struct vz_store *store;          /* open for change */
	const char *name;
	const char *host;                /* "[USER@]HOST", as ssh takes it */
	const char *command;             /* the other host's vzpkg: "vzpkg", or a path */
	/* Stops what runs, and starts it again; NULL: it does not run. */
	int (*stop)(void *ctx, struct vz_err *err);
	int (*start)(void *ctx, struct vz_err *err);
	void *ctx;
	const struct vz_report *report;
	/* result */
	uint64_t sent, sent_stopped;     /* bytes: all, and while it was stopped */
	double pause;                    /* seconds between the stop here and the start there */
};

/* VZ_USAGE: not a host, or not a path. VZ_NETWORK: ssh fails. Else as the other host says. */
int vz_migrate(struct vz_migrate *m, struct vz_err *err);

#endif
