/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a request to the packages that it can mean: one function a family, and
 * what they share.
 */
#ifndef RESOLVER_FIND_H
#define RESOLVER_FIND_H

#include "base/err.h"
#include "resolver/recipe.h"
#include "resolver/request.h"
#include "resolver/universe.h"

/* What has to be in the plan: one package out of a set. */
struct vz_asked {
	char *name;              /* as messages speak of it */
	char *text;              /* with the version */
	char *group;             /* whose member it is; "": every system's; NULL: the recipe's own */
	struct vz_ints packages; /* usable; never empty */
	int dep;                 /* what has to be met instead, if not 0 */
	int best;                /* the first choice among them; 0: the solver's */
};
struct vz_asked_list {
	struct vz_asked *v;
	size_t n, cap;
};
/* Adds one of that name and text (copied), to be filled. */
struct vz_asked *vz_asked_add(struct vz_asked_list *l, const char *name, const char *text);
void vz_asked_release(struct vz_asked_list *l);

struct vz_find {
	struct vz_universe *u;   /* ready */
	const struct vz_recipe *recipe;
	const char *arch;        /* as the family names it */
	bool files_missing;      /* set where complete lists of files could have found more */
	struct vz_asked_list asked;
};

/* The families' ways: adds to f->asked. VZ_UNRESOLVED says what there is instead. */
int vz_find_deb(struct vz_find *f, const struct vz_request *q, struct vz_err *err);
int vz_find_rpm(struct vz_find *f, const struct vz_request *q, struct vz_err *err);

/* For them. "NAME is in no repository", with what was probably meant. Returns -1. */
int vz_find_missing(const struct vz_find *f, const char *name, struct vz_err *err);
/* "NAME has no version …", with the versions of `named` that there are. Returns -1. */
int vz_find_no_version(const struct vz_find *f, const struct vz_request *q, const char *name, const struct vz_ints *named,
		       const char *more, struct vz_err *err);
/* Is the version of a package what was asked for. */
bool vz_find_version_ok(const struct vz_find *f, const struct vz_request *q, int package);
/* Adds the usable packages whose names match the pattern. */
void vz_find_matching(const struct vz_find *f, const char *pattern, struct vz_ints *ret);
/* The best by vz_universe_prefer(); 0: there are none. */
int vz_find_best(const struct vz_find *f, const struct vz_ints *packages);
/* Texts of up to 8 packages, for a hint: their names, or their versions. To be freed. */
char *vz_find_list(const struct vz_find *f, const struct vz_ints *packages, bool versions);
/* Does the recipe exclude packages of that name. */
bool vz_is_excluded(const struct vz_recipe *r, const char *name);

#endif
