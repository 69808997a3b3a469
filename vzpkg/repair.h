/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repair: what is damaged or missing comes from where it once came from.
 *
 *     vz_repair(cli, store, &findings, …)        names their users, too (vzpkg/users.h)
 *
 * In rounds, as long as one mends something, and in this order: what is there twice
 * (a lock and a plan, a tree and an image); contents of packages, fetched again
 * by the locks that name them and checked as ever; contents and images that
 * building made, by building again from the lock, which gives the same bytes.
 * Results of builds need not be kept.  Nothing is guessed: every result has the digest that is asked for.
 *
 * What is bad is put aside (trash/) and never overwritten; what nobody has
 * stays away, so that whoever brings it later puts it in its place.
 *
 * Each finding is looked at again at the end: `repaired` says how, or `why`
 * what was tried.  The store is open for change: others may add meanwhile.
 */
#ifndef VZPKG_REPAIR_H
#define VZPKG_REPAIR_H

#include "vzpkg/cli.h"
#include "vzpkg/users.h"

/* Fails only if it is interrupted. */
int vz_repair(const struct vz_cli *cli, struct vz_store *s, struct vz_findings *f, struct vz_err *err);

/* The parts, in their order; for the files that this one is made of. */
struct vz_repair {
	const struct vz_cli *cli;
	struct vz_store *store;
	const struct vz_users *users;    /* as they are in this round */
	struct vz_findings *findings;
};

void vz_repair_twins(const struct vz_repair *r);
int vz_repair_packages(const struct vz_repair *r, struct vz_err *err);
int vz_repair_rebuild(const struct vz_repair *r, struct vz_err *err);

/* Not good yet? */
bool vz_repair_is_bad(const struct vz_repair *r, const struct vz_finding *f);
/* How it was mended, or what kept one from it; the last word stands. */
void vz_repair_done(struct vz_finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vz_repair_failed(struct vz_finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts a bad file aside; one that is not there is no error. */
int vz_repair_put_aside(const struct vz_repair *r, const char *path, struct vz_err *err);

#endif
