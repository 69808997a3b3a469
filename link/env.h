/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Environments: a composition seen through the link engine plus a private area.
 *
 *     envs/<name>/env.json            the record of its current generation: the commit point
 *                 settings.json       what its owner chose (link/settings.h)
 *                 generations/<N>     records of those that were left
 *                 generations/<N>.undo/   what the move to it changed in the private area (link/journal.h)
 *                 moving/             the same, of a move that is under way
 *                 upper/ work/        the private area (overlay), once it was mounted
 *                 root/               mount point, while `vzpkg mount` has it mounted
 *                 at                  symbolic link to the directory it was mounted at besides
 *
 * An environment is made in the stage and renamed into place, and removed the
 * other way round: what is half made or half removed is never below envs/.
 *
 * A record is a document (store/document.h) of format "vzpkg-env 2": the members
 * of struct vz_env and of its composition under their names ("layer" and "from" absent
 * where zero, lists where empty; "template" is {"name", "version"}).
 *
 * overlayfs must not have one upper directory in two mounts.  So there is one
 * at any time, found again by whoever comes next: at root/, as the root
 * directory of process 1 of an environment that was started (link/running.h), or
 * of a command that runs.  locks/env-<name> serves both ways: who
 * looks for it or changes the environment holds its flock, shortly; pid 1 of
 * each command holds a shared fcntl lock on byte 0 as long as processes of it
 * are there, which tells its pid to the others and cannot outlive it; whoever
 * runs a command holds one on byte 1 until the mount is gone.  Nothing is left
 * mounted by a command, however it or vzpkg ends.
 *
 * Mounting and running need no lock on the store: open it with VZ_STORE_READ.
 */
#ifndef LINK_ENV_H
#define LINK_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "link/composition.h"
#include "link/remap.h"
#include "link/settings.h"
#include "link/stale.h"
#include "link/upper.h"
#include "store/findings.h"
#include "store/live.h"

struct vz_env {
	char *name;
	struct vz_composition shows;
	struct vz_digest layer;          /* image of sealed private files, above the composition's; zero: there is none */
	unsigned generation;             /* counts from 1 */
	unsigned from;                   /* the one it was moved from; 0: it is the first */
	int64_t created;                 /* of the environment; Unix time */
	int64_t since;                   /* of the generation */
	char *reason;                    /* of the generation: "create" */
};

void vz_env_release(struct vz_env *e);
#define auto_env __attribute__((cleanup(vz_env_release)))

/* Makes `name`, which shows a composition whose image and plan are durable. VZ_EXISTS; VZ_USAGE for a name that is
 * not sane. */
int vz_env_create(struct vz_store *s, const char *name, const struct vz_composition *shows, struct vz_env *ret,
		  struct vz_err *err);
int vz_env_read(const struct vz_store *s, const char *name, struct vz_env *ret, struct vz_err *err);
/* Sorted names; freed with vz_names_free(). */
char **vz_env_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err);
/* VZ_BUSY while mounted, started or running. */
int vz_env_remove(struct vz_store *s, const char *name, struct vz_err *err);
/* Does an environment use this version of a template (0: any), in any generation that is kept?
 * One that cannot be read counts. Of use under VZ_STORE_COLLECT only: else one may come meanwhile. */
bool vz_env_uses(const struct vz_store *s, const char *template_name, unsigned version, char **ret_env);
/* Bytes in the private area (st_blocks * 512 of everything in upper/). */
int vz_env_private_bytes(const struct vz_store *s, const char *name, uint64_t *ret, struct vz_err *err);

/* Attaches at `dir`, or at envs/<name>/root if NULL, and gives it an identity (link/identity.h); `ret_where` to be
 * freed. VZ_BUSY if already mounted. */
int vz_env_mount(struct vz_store *s, const char *name, const char *dir, char **ret_where, struct vz_err *err);
/* VZ_NOTFOUND if it is not mounted; VZ_BUSY while it is in use there. */
int vz_env_umount(struct vz_store *s, const char *name, struct vz_err *err);
bool vz_env_is_mounted(const struct vz_store *s, const char *name);
/* Does a command run in it, or was it started? */
bool vz_env_is_running(const struct vz_store *s, const char *name);
/* Who still uses files of an earlier version; nobody in one that neither runs nor is mounted. */
int vz_env_stale(struct vz_store *s, const char *name, struct vz_stale_list *ret, struct vz_err *err);
/* Runs a command as vz_enter_run() does, on our stdin, stdout and stderr; in an
 * environment that was started, beside what runs there (link/runtime.h). Any
 * number at once see the same files. */
int vz_env_exec(struct vz_store *s, const char *name, const char *const *argv, int *ret_status, struct vz_err *err);

/*
 * Generations: each change of what an environment shows is one, numbered from 1
 * and never renumbered.  Rolling back makes an older one current; the next
 * change gets a number that no one has had.
 *
 * What the tenant wrote stays, but for a few files that a move merges; a planner
 * says which (link/upper.h).  The move keeps what was there before with the
 * generation it leads to.  Going back to one that the current came from gives
 * that back, file by file where the file is still as the move made it; where the
 * tenant changed it since, and to any other generation, the planner decides.
 */

/* Numbers of those that are kept, ascending; free(). */
unsigned *vz_env_generations(const struct vz_store *s, const char *name, size_t *ret_n, struct vz_err *err);
/* The record of one. VZ_NOTFOUND. */
int vz_env_generation(const struct vz_store *s, const char *name, unsigned generation, struct vz_env *ret,
		      struct vz_err *err);

struct vz_env_move {
	const char *name;
	const struct vz_composition *to; /* a new generation with this; or NULL and */
	unsigned back_to;                /* a kept one; 0: the one that the current was moved from */
	const char *reason;              /* of a new one: "update" */
	bool dry_run;
	/* What to change in the private area, of which `upper_fd` is what is there now; NULL: nothing. Nothing holds
	 * who runs in there when it is called first; it is called again if it was overtaken, also if it sees that
	 * itself: VZ_BUSY. */
	int (*plan)(void *ctx, int upper_fd, const struct vz_env *from, const struct vz_env *to,
		    struct vz_upper_plan *ret, struct vz_err *err);
	void *plan_ctx;
};
struct vz_env_moved {
	struct vz_env before, after;     /* equal generations: there was nothing to do */
	struct vz_upper_plan changes;    /* in the private area; nodes may be absent */
	struct vz_remap remap;           /* of what runs in it, and of where it is mounted */
};
void vz_env_moved_release(struct vz_env_moved *m);

/* Moves an environment, running or not, without restart.  The record is the
 * commit point.  If we die before it, nothing has changed; if after it, the next
 * command that moves, mounts or runs the environment does what is left. If what
 * runs cannot be moved, or does not leave the files alone that are to be
 * changed, VZ_BUSY, nothing has changed. */
int vz_env_move(struct vz_store *s, const struct vz_env_move *m, struct vz_env_moved *ret, struct vz_err *err);

/*
 * Keeping: how many generations stay, and what they need.
 */

#define VZ_ENV_KEEP 10           /* the newest; the current one in any case */

/* Numbers of the generations that are kept but need not be, ascending; free(). Never the current one. */
unsigned *vz_env_surplus(const struct vz_store *s, const char *name, unsigned keep, size_t *ret_n, struct vz_err *err);
/* Removes the record of a generation, and what was kept to take it back. VZ_BUSY: it is the current one; VZ_NOTFOUND. */
int vz_env_forget(struct vz_store *s, const char *name, unsigned generation, struct vz_err *err);
/* Adds to `l` what the generations of an environment refer to, but those of `without`; `holder` is its number there. */
void vz_env_add_roots(const struct vz_store *s, const char *name, const unsigned *without, size_t n_without,
		      uint32_t holder, struct vz_live *l);

/*
 * Checking: the records of an environment, its settings, and that what they refer to is there.
 */

/* Others may change it meanwhile. */
void vz_env_verify(const struct vz_store *s, const char *name, struct vz_findings *f);
/* One of its files again: 0 if it is good now. */
int vz_env_verify_path(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err);

/*
 * Sealing: private files become an image of the store, the record's "layer", and
 * leave the private area, which shows the same afterwards.  What seals says
 * what goes (builder/seal.h).  The record is the commit point.  The layer is of
 * the environment, not of a generation: rolling back keeps it.
 */
struct vz_env_seal {
	const char *name;
	/* Makes the image and says what of the area `upper_fd` it stands for: DROP, in this order. Nothing: all stays. */
	int (*plan)(void *ctx, int upper_fd, const struct vz_env *now, struct vz_digest *ret_layer, struct vz_upper_plan *ret,
		    struct vz_err *err);
	void *ctx;
};
/* VZ_BUSY while it is in use. */
int vz_env_seal(struct vz_store *s, const struct vz_env_seal *what, struct vz_err *err);

/* An environment made of its parts. Images and plan are durable, or become so with vz_store_sync(). */
struct vz_env_parts {
	const struct vz_env *env;
	const struct vz_settings *settings;
	/* Makes upper/ in `dir`, which is to be the environment's directory; NULL: it begins without. */
	int (*area)(void *ctx, int dir, struct vz_err *err);
	void *ctx;
};
/* VZ_EXISTS; VZ_USAGE for a name that is not sane. */
int vz_env_put(struct vz_store *s, const struct vz_env_parts *p, struct vz_err *err);

/* Makes `new` show what `name` shows, with the same layer, a copy of what else is private, and its settings; generations
 * before this one stay behind, and the next that uses it gives it an identity of its own.  While the private area of one
 * that is in use is copied, all that runs in it is held (link/quiesce.h), so that the copy is of one moment; VZ_BUSY
 * if somebody cannot be. VZ_EXISTS. */
int vz_env_clone(struct vz_store *s, const char *name, const char *new, struct vz_env *ret, struct vz_err *err);

/* The format itself, for tests and fuzzing. VZ_DAMAGED. */
int vz_env_format(const struct vz_env *e, struct vz_buf *ret, struct vz_err *err);
int vz_env_parse(const char *text, size_t len, struct vz_env *ret, struct vz_err *err);

#endif
