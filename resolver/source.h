/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: one repository of a recipe, refreshed, verified, and ready to be
 * loaded by the solver.
 *
 * Here is what both families share: the directory that keeps a repository's
 * state, its lock, dates that never go back, and the .solv cache.  What is
 * downloaded and how it is verified is the family's: one ops table a type.
 *
 *     repos/<key>/lock               held while a process refreshes; its time is that of the last use
 *                 state              highest date seen, whether it was signed (resolver/state.h)
 *                 InRelease …        the signed files as they came; verified again at each use
 *                 mirrors            how fast mirrors were (resolver/speed.h)
 *                 <digest>.<arch>.solv   what an index of that digest holds
 *
 * <key> is made of type, URLs as the recipe writes them, and suite; neither
 * the recipe's name for the repository nor its key has a part in it, so
 * recipes share, and taking the key away does not make a signed repository
 * a new, unsigned one.  A .solv carries the digest of the index that it was
 * made from and its own; one that does not match is made anew.
 */
#ifndef RESOLVER_SOURCE_H
#define RESOLVER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/report.h"
#include "resolver/choose.h"
#include "resolver/fetch.h"
#include "resolver/mirror.h"
#include "resolver/plan.h"
#include "resolver/recipe.h"
#include "resolver/signer.h"
#include "resolver/state.h"

struct vz_source {
	const struct vz_recipe_repo *repo;
	const char *arch;                    /* the recipe's */
	struct vz_mirrors mirrors;           /* owned */
	bool located;                        /* servers named them, so their order is ours to choose */
	struct vz_speeds speeds;             /* what is known of them */
	struct vz_signers *signers;          /* of its metadata and packages; owned */
	struct vz_fetch *fetch;
	const struct vz_report *report;
	bool offline;
	const struct vz_network *network;
	bool advisories;                     /* are to be among the indexes, where the repository has some */
	int dir;                             /* of its directory, while it is refreshed */
	struct vz_source_state state;
	/* what a refresh gives */
	bool secure;                         /* it is one of security updates (deb) */
	int64_t date;                        /* signed date of the metadata */
	char sha256[65];                     /* of its verified text */
	int *indexes;                        /* .solv files, open, to be loaded from their offset */
	size_t n_indexes;
};

struct vz_source_ops {
	const char *type;
	/* Gets, verifies and indexes; fills what a refresh gives. */
	int (*refresh)(struct vz_source *s, struct vz_err *err);
	/* After a refresh: replaces s->indexes by ones with every package's whole list of files. NULL: they always have it. */
	int (*with_files)(struct vz_source *s, struct vz_err *err);
	/* Finds the mirrors where servers name them, as a refresh does. NULL: recipes name them. */
	int (*locate)(struct vz_source *s, struct vz_err *err);
	/* Whether the recipe's trust rules allow package `p`, which `fd` (any offset) has whole and with the digest
	 * that was promised. VZ_UNTRUSTED. NULL: the digest is enough. */
	int (*check_package)(struct vz_source *s, const struct vz_plan_package *p, int fd, struct vz_err *err);
	/* What the family calls a recipe's architecture. */
	const char *(*arch)(const char *arch);
	const struct vz_policy *policy;
};

extern const struct vz_source_ops vz_source_deb, vz_source_rpm;

/* The table for a type; NULL and VZ_USAGE if there is none. */
const struct vz_source_ops *vz_source_ops(const char *type, struct vz_err *err);
/* Refreshes below `repos` (a directory fd), waiting for another process that does the same. */
int vz_source_refresh(struct vz_source *s, int repos, struct vz_err *err);
/* The same for the family's with_files(); s->fetch is set, as for a refresh. */
int vz_source_with_files(struct vz_source *s, int repos, struct vz_err *err);
/* Finds the mirrors if nobody has yet. */
int vz_source_locate(struct vz_source *s, int repos, struct vz_err *err);
/* Keeps what downloads have shown of the mirrors. */
int vz_source_remember(struct vz_source *s, int repos, struct vz_err *err);
void vz_source_drop_indexes(struct vz_source *s);   /* closes them */
void vz_source_release(struct vz_source *s);

/* For the families. Downloads a small file into `ret`. Given `since`, 1 if it
 * has not changed since; `missing`, if not NULL, is set where it does not exist. */
int vz_source_get(struct vz_source *s, const char *path, int64_t *since, bool *missing, struct vz_buf *ret,
		  struct vz_err *err);
/* The same for a request of which `fd` and `max_size` are filled in. 1 if it has not changed. `ret` stays empty where
 * an optional file is missing. */
int vz_source_get_request(struct vz_source *s, struct vz_fetch_request *r, struct vz_buf *ret, struct vz_err *err);
/* When what came was modified, for the next request's if_modified_since; 0: do not ask so. */
int64_t vz_source_modified(const struct vz_fetch_request *r);
/* For requests; NULL where nothing is to be learned. */
struct vz_speeds *vz_source_speeds(struct vz_source *s);
/* May metadata of this date be used: not from the future, not older than what
 * was seen, not past `valid_until` (0: no limit). VZ_UNTRUSTED; what is refused offline as too old is VZ_NETWORK. */
int vz_source_check_dates(const struct vz_source *s, int64_t date, int64_t valid_until, struct vz_err *err);
/* Writes the state durably if it changed. */
int vz_source_put_state(struct vz_source *s, const struct vz_source_state *state, struct vz_err *err);

/* The .solv made from the index of that digest; false if there is none that is whole. Adds it to s->indexes. */
bool vz_source_open_index(struct vz_source *s, const char *sha256);
/* A new file to write a .solv to, at its offset; then makes it the one for that digest. */
int vz_source_new_index(struct vz_source *s, struct vz_err *err);
int vz_source_put_index(struct vz_source *s, int fd, const char *sha256, struct vz_err *err);
/* Removes .solv files of digests that `keep` does not know. */
void vz_source_prune(struct vz_source *s, bool (*keep)(const void *ctx, const char *sha256), const void *ctx);

#endif
