/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plans: the exact packages a recipe resolves to, in the order they are
 * configured.  A plan's canonical text is the lock:
 *
 *     vzpkg-lock 1
 *     template NAME KIND
 *     arch x86_64
 *     family deb                                     deb, rpm; "any" for an application, which has no packages here
 *     date 1700000000                                newest signed date, Unix time
 *     repository ID TYPE SUITE DATE INDEX-SHA256     one line each; "-" where there is none
 *     package NAME VERSION ARCH REPOSITORY SIZE DIGEST LOCATION FLAGS
 *     …                                              in order; FLAGS: comma list or "-"
 *     id user|group NAME N                           sorted; where packages' scripts would give the name another id
 *
 * Fields are separated by one space; a byte outside 0x21..0x7e, and '%', is
 * written %XX.  DIGEST is SHA-256, SHA-384 or SHA-512, by its length, as the
 * repository promises it.  Flags: "base" (bootstrap set, configured first), "requested"
 * (named by the recipe), "essential", "added" (of a composition: not of its OS template).  Equal plans have equal text.
 */
#ifndef RESOLVER_PLAN_H
#define RESOLVER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

enum vz_plan_flags {
	VZ_PLAN_BASE = 1,        /* part of the bootstrap set: the closure of what is essential or required */
	VZ_PLAN_REQUESTED = 2,
	VZ_PLAN_ESSENTIAL = 4,
	VZ_PLAN_ADDED = 8,       /* what an environment has besides its OS template, configured last */
};

struct vz_plan_package {
	char *name, *version, *arch;     /* arch as the family names it: "amd64", "all" */
	char *repo;                      /* id */
	char *location;                  /* path below the repository's base URL */
	char *digest;                    /* of the package file, lower-case hex; algorithm by length (vz_hash_algo()) */
	uint64_t size;                   /* of the package file, bytes */
	unsigned flags;
};

struct vz_plan_repo {
	char *id, *type, *suite;
	int64_t date;                    /* signed date of its metadata */
	char *index_sha256;              /* of the verified Release / repomd text, or NULL */
};

struct vz_plan {
	char *name, *kind, *arch, *family;
	int64_t date;
	struct vz_plan_repo *repos;
	size_t n_repos;
	struct vz_plan_package *packages;
	size_t n_packages, cap_packages;
	struct vz_ids ids;               /* builder/ids.h */
};

void vz_plan_free(struct vz_plan *p);
VZ_AUTO(struct vz_plan, vz_plan_free)
#define auto_plan VZ_CLEANUP(vz_plan_free)

/* Would they build the same thing: architecture, family, and the same packages
 * (name, version, architecture, digest, flags) in the same order. Dates and
 * where packages come from do not count, nor do ids: they follow from what was
 * built before. */
bool vz_plan_same(const struct vz_plan *a, const struct vz_plan *b);

/* Are they what the family allows as name, version and architecture of a package. */
bool vz_plan_words_ok(const char *family, const char *name, const char *version, const char *arch);
/* Can `location` be appended to a repository's base URL and stay below it. */
bool vz_plan_location_is_sane(const char *location);

/* Is it from a Debian suite for security updates (vz_suite_is_security())? Packages of other families never are. */
bool vz_plan_is_security(const struct vz_plan *p, const struct vz_plan_package *package);

void vz_plan_write(const struct vz_plan *p, struct vz_buf *ret);
/* Every field is checked (names against the family's grammar, location without "..", …). VZ_USAGE, "NAME:LINE: …"
 * with `what` as NAME. */
struct vz_plan *vz_plan_read(const char *text, size_t len, const char *what, struct vz_err *err);

#endif
