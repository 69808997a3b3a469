/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The turn: what a journal says is carried out, for the files that link/env.h is
 * made of.
 *
 *     envs/<name>/moving.new/   being written; nobody looks at it
 *                 moving/       journal, slots, and the records "before" and "after"
 *                 gone/         being removed
 *
 * moving/ appears whole and durable.  The rename of its "after" to env.json is
 * the commit point.  Then, while all that runs is held, the changes are made in the
 * upper and the new version is mounted; when all follow it moving/ becomes the
 * undo record.  If that fails, "before" becomes env.json again.
 *
 * Whoever takes the environment's lock comes by vz_env_lock(), which ends the
 * turn of somebody who died: forward if env.json is the new one, else back.
 */
#ifndef LINK_ENV_TURN_H
#define LINK_ENV_TURN_H

#include "link/apply.h"
#include "link/env.h"

struct vz_turn {
	struct vz_store *store;
	int lock;                        /* the environment's; stays the caller's */
	int env;                         /* its directory */
	int upper;                       /* -1: it has none yet */
	int old;                         /* the mount in use; -1: there is none, so nothing has to follow */
	struct vz_env before, after;
	struct vz_journal journal;
	struct vz_remap remap;           /* what followed */
	/* What was to be changed is another now: plans and writes anew, while all is held. NULL: VZ_DIFFERS instead. */
	int (*renew)(void *ctx, struct vz_err *err);
	void *ctx;
	struct vz_apply apply;
};

int vz_turn_open(struct vz_store *s, const char *name, int lock, struct vz_turn *ret, struct vz_err *err);
void vz_turn_release(struct vz_turn *t);
#define auto_turn __attribute__((cleanup(vz_turn_release)))

/* An empty moving.new/, for slots. */
int vz_turn_begin(const struct vz_turn *t, struct vz_err *err);
/* Adds journal and records, and makes it moving/, durably; one that is there goes. */
int vz_turn_write(struct vz_turn *t, struct vz_err *err);
int vz_turn_commit(const struct vz_turn *t, struct vz_err *err);
/* Changes and remaps. If it fails, all that was changed here is taken back. */
int vz_turn_follow(struct vz_turn *t, struct vz_err *err);
/* One end: moving/ becomes the undo record, or, of a move that took others back, goes with theirs. */
int vz_turn_finish(struct vz_turn *t, struct vz_err *err);
/* The other: nothing is changed any more, and "before" is the record again. */
int vz_turn_back(struct vz_turn *t, struct vz_err *err);
/* Removes the undo record of a generation. */
int vz_turn_forget(const struct vz_turn *t, unsigned generation, struct vz_err *err);

/* Locks an environment, ends what somebody left half done, and reads the record. Returns the lock (vz_store_lock()).
 * `ret_remap`, which may be NULL: what had to follow. */
int vz_env_lock(struct vz_store *s, const char *name, struct vz_env *ret, struct vz_remap *ret_remap, struct vz_err *err);

/* The same of one that nothing uses, and with its directories open. VZ_BUSY. */
int vz_env_hold_idle(struct vz_store *s, const char *name, struct vz_env *ret, struct vz_turn *ret_turn, struct vz_err *err);

#endif
