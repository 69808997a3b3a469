/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The universe: all packages that could be chosen, and the solver over them.
 *
 * This is libsolv behind plain numbers.  A package is a positive number; a
 * dependency is a number other than 0 and is either one relation ("libc6 (>=
 * 2.36)") or an or-group of them.  Numbers are good for one universe only.
 *
 *     u = new(family, arch); add(u, repository…)…; exclude(u, …); ready(u)
 *     then look around, and solve as often as wanted
 *
 * What to prefer among several ways is a policy of the family.  For deb it is
 * not known here: the caller expresses it as wishes and favours.  For rpm it
 * is the solver's own, with the settings that libdnf gives it.
 *
 * A package is usable if it is for the architecture, not excluded, and not of
 * a module's stream that is not enabled.
 */
#ifndef RESOLVER_UNIVERSE_H
#define RESOLVER_UNIVERSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_ints {
	int *v;
	size_t n, cap;
};

void vz_ints_add(struct vz_ints *a, int v);
bool vz_ints_has(const struct vz_ints *a, int v);
void vz_ints_release(struct vz_ints *a);
#define auto_ints __attribute__((cleanup(vz_ints_release)))

struct vz_universe;
/* `arch` as the family names it. */
struct vz_universe *vz_universe_new(const char *family, const char *arch);
void vz_universe_free(struct vz_universe *u);
VZ_AUTO(struct vz_universe, vz_universe_free)
#define auto_universe VZ_CLEANUP(vz_universe_free)

/* Adds the .solv at the offset of `fd` as (part of) repository `repo`, a number
 * of the caller's. Of two repositories that have a package, the one with the
 * lower `priority` gives it. VZ_DAMAGED. */
int vz_universe_add(struct vz_universe *u, int repo, int priority, int fd, struct vz_err *err);
/* The same for what is there already (resolver/present.h), which is preferred to all repositories. `repo`: a number
 * that no repository has. */
int vz_universe_add_present(struct vz_universe *u, int repo, int fd, struct vz_err *err);
/* No package whose name matches the pattern can be chosen. Before vz_universe_ready(). */
void vz_universe_exclude(struct vz_universe *u, const char *pattern);
/* rpm: packages of a module's stream "NAME:STREAM" of that repository can be chosen, and no others of their names; or
 * "default": the default streams of modules that no stream is enabled of. Before vz_universe_ready(). */
void vz_universe_enable(struct vz_universe *u, int repo, const char *stream);
/* The repository is one of security updates (deb). */
void vz_universe_secure(struct vz_universe *u, int repo);
void vz_universe_ready(struct vz_universe *u);

struct vz_package {
	const char *name, *version, *arch, *location;
	int repo;
	bool present;            /* of those that vz_universe_add_present() added */
	uint64_t size;
	unsigned priority;       /* deb: 1 required … 5 extra */
	unsigned mention;        /* deb: rises in the order in which the index mentions names */
	char digest[129];        /* lower-case hex, algorithm by length; "": none that is strong enough */
};

int vz_universe_count(const struct vz_universe *u);      /* all packages are below this number */
bool vz_universe_is_usable(const struct vz_universe *u, int package);
/* The usable package after `package`, beginning with 0; 0: none. */
int vz_universe_next(const struct vz_universe *u, int package);
const char *vz_universe_name(const struct vz_universe *u, int package);
const char *vz_universe_version(const struct vz_universe *u, int package);
const char *vz_universe_arch(const struct vz_universe *u, int package);
/* Is there a package of that name and architecture which is not usable for its architecture. */
bool vz_universe_has_foreign(struct vz_universe *u, const char *name, const char *arch);
/* The streams of modules that have packages of that name, to be freed; NULL: none. */
char *vz_universe_streams_of(struct vz_universe *u, const char *name);
/* Strings are good until the next call. */
void vz_universe_package(struct vz_universe *u, int package, struct vz_package *ret);
/* < 0: `a` is to be chosen rather than `b` of the same name, by priority, then version, then order of repositories. */
int vz_universe_prefer(struct vz_universe *u, int a, int b);
/* Calls `each` for every name that packages have; a helper for hints. */
void vz_universe_names(struct vz_universe *u, void (*each)(void *ctx, const char *name), void *ctx);

/* A relation NAME (ops 0), or NAME OPS VERSION, with ops of enum vz_op. 0: nobody mentions that name. */
int vz_universe_relation(struct vz_universe *u, const char *name, unsigned ops, const char *version);
/* Does a package's own version satisfy OPS VERSION. */
bool vz_universe_version_ok(struct vz_universe *u, int package, unsigned ops, const char *version);
bool vz_universe_is_plain(const struct vz_universe *u, int dep);    /* a name and nothing else */
bool vz_universe_is_rich(const struct vz_universe *u, int dep);     /* more than alternatives of names with versions */
char *vz_universe_dep_text(struct vz_universe *u, int dep);         /* "a (>= 1) | b"; to be freed */
const char *vz_universe_dep_name(struct vz_universe *u, int dep);   /* the name in the first alternative */

enum vz_dep { VZ_DEP_PRE, VZ_DEP_REQUIRES, VZ_DEP_RECOMMENDS, VZ_DEP_CONFLICTS };
/* These add to `ret`: what a package needs or refuses; the alternatives of a
 * dependency as written; the packages that satisfy it; packages of that name. */
void vz_universe_deps(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret);
void vz_universe_alternatives(struct vz_universe *u, int dep, struct vz_ints *ret);
void vz_universe_providers(struct vz_universe *u, int dep, struct vz_ints *ret);
void vz_universe_named(struct vz_universe *u, const char *name, struct vz_ints *ret);
/* Adds to `ret` (which may be `packages`) the usable packages whose Obsoletes name one of `packages`. */
void vz_universe_obsoleters(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret);

/* rpm: groups are packages of the name "group:ID", which need and recommend their members. They are not usable, and never in a
 * solution. */
#define VZ_GROUP "group:"

/* rpm: advisories are packages of the name "patch:ID", which are no more usable than groups. */
#define VZ_ADVISORY "patch:"

/* The package that is to take the place of `package`, which is there, for the sake of security; 0: nothing asks for that.
 * deb: the newest in a repository of security updates, if it is newer. rpm: what the advisories of kind "security" name,
 * of the loaded ones, that `package` is too old for. */
int vz_universe_fix(struct vz_universe *u, int package);
/* From now on `by` is what is there, and what others are compared with, rather than `package`. */
void vz_universe_replace(struct vz_universe *u, int package, int by);

/* rpm: the packages that own a file whose path matches, as far as the loaded lists of files tell. */
void vz_universe_owners(struct vz_universe *u, const char *pattern, struct vz_ints *ret);
/* rpm: could complete lists of files lead to another solution? Some need files that no list loaded so far names. `asked`
 * are all packages asked for, `chosen` the solution; NULL: there is none. */
bool vz_universe_wants_files(struct vz_universe *u, const struct vz_ints *asked, const struct vz_ints *chosen, unsigned flags);

enum vz_job_kind {
	VZ_JOB_INSTALL,          /* `what` is a set: one of its packages must be in */
	VZ_JOB_MEET,             /* `what` is a dependency, which must be met */
	VZ_JOB_WISH,             /* `what` is a package: in, unless that is impossible */
	VZ_JOB_FAVOR,            /* `what` is a package: if there is a choice, this one */
};
struct vz_job {
	enum vz_job_kind kind;
	int what;
};
/* The set of these packages. */
int vz_universe_set(struct vz_universe *u, const struct vz_ints *packages);

/* Why there is no solution: one rule of those that contradict each other. */
enum vz_why {
	VZ_WHY_ASKED,            /* the job of number `job` asks for it */
	VZ_WHY_NEEDS,            /* `package` needs `dep`, which some have */
	VZ_WHY_NEEDS_NONE,       /* `package` needs `dep`, which none has */
	VZ_WHY_CONFLICTS,        /* `package` refuses `other` by `dep` */
	VZ_WHY_OBSOLETES,        /* `package` takes the place of `other` by `dep` */
	VZ_WHY_SAME_NAME,        /* `package` and `other` cannot both be there */
	VZ_WHY_NO,               /* `package` cannot be chosen at all */
};
struct vz_reason {
	enum vz_why why;
	int package, other, dep;
	size_t job;
};

struct vz_solution {
	bool solved;
	struct vz_ints packages;         /* in rising order, if solved */
	struct vz_reason *reasons;       /* of the first problem, if not */
	size_t n_reasons, cap_reasons;
};
void vz_solution_release(struct vz_solution *s);
#define auto_solution __attribute__((cleanup(vz_solution_release)))

enum vz_solve_flags { VZ_SOLVE_RECOMMENDS = 1 };
/* Always the same solution for the same universe and jobs. */
void vz_universe_solve(struct vz_universe *u, const struct vz_job *jobs, size_t n, unsigned flags, struct vz_solution *ret);

#endif
