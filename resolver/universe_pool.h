/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a struct vz_universe is made of.  For universe*.c and order_rpm.c only,
 * and the one header that shows libsolv's types.
 */
#ifndef RESOLVER_UNIVERSE_POOL_H
#define RESOLVER_UNIVERSE_POOL_H

#include <solv/bitmap.h>
#include <solv/pool.h>

#include "base/buf.h"
#include "resolver/universe.h"

struct vz_universe_family;

struct vz_universe_stream {
	int repo;
	char *stream;
};

struct vz_universe {
	Pool *pool;
	const struct vz_universe_family *family;
	Id key_priority, key_mention, key_needs;
	char **excluded;             /* patterns */
	size_t n_excluded;
	struct vz_universe_stream *enabled;
	size_t n_enabled;
	Map considered;
	Repo *present;               /* NULL: nothing is there already */
	struct vz_ints secure;       /* repositories */
	struct vz_ints replaced, fixes;      /* packages, pair by pair */
	struct vz_universe_advice *advice;   /* of all advisories of security, once they were read */
	size_t n_advice, cap_advice;
	bool advised;
};

struct vz_universe_family {
	const char *name;
	int disttype;
	void (*set_arch)(Pool *pool, const char *arch);
	/* Adds dependencies as written. */
	void (*add_needs)(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret);
	void (*put_dep)(struct vz_universe *u, Id dep, struct vz_buf *b);
	bool files;                  /* dependencies may name files, requests obsolete packages */
	Id job_flags;                /* of what is to be installed */
	const int *solver_flags;     /* to be set; ends with 0 */
	int (*find_fix)(struct vz_universe *u, int package);
};

/* universe_fixes.c */
int vz_universe_find_fix_deb(struct vz_universe *u, int package);
int vz_universe_find_fix_rpm(struct vz_universe *u, int package);

int vz_universe_repo_number(const Solvable *s);
/* Takes what cannot be chosen out of consideration. */
void vz_universe_filter(struct vz_universe *u);
void vz_universe_filter_release(struct vz_universe *u);

#endif
