/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian Release files: what a suite says of itself, and the digests of its
 * indexes (wiki.debian.org/DebianRepository/Format, "Release files").
 *
 * Parsed are verified bytes only.  Of the digests SHA-256 alone is read; a
 * Release without it is refused.  Fields that nothing here asks for are
 * skipped; a field that comes twice is an error.
 */
#ifndef RESOLVER_RELEASE_H
#define RESOLVER_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/table.h"

struct vz_release_file {
	uint64_t size;
	char sha256[65];
};

struct vz_release {
	char *suite, *codename, *label;  /* NULL where there is none */
	int64_t date;
	int64_t valid_until;             /* 0: unlimited */
	bool by_hash;                    /* Acquire-By-Hash: yes */
	bool all_is_apart;               /* packages for "all" have an index of their own */
	char *components, *architectures;  /* words as they stand, one space between */
	struct vz_table files;           /* path → struct vz_release_file */
};

/* VZ_UNTRUSTED with what is wrong. */
struct vz_release *vz_release_read(const char *text, size_t len, struct vz_err *err);
void vz_release_free(struct vz_release *r);
VZ_AUTO(struct vz_release, vz_release_free)
#define auto_release VZ_CLEANUP(vz_release_free)

/* NULL if it lists no such file. */
const struct vz_release_file *vz_release_file(const struct vz_release *r, const char *path);
/* Is `word` among the space-separated `words`; also as the last part of a
 * path there, because older security suites list "updates/main" for "main". */
bool vz_release_has(const char *words, const char *word);

/* Is it for security updates: by the name of its suite, or because it says so ("Label: Debian-Security"). */
bool vz_release_is_security(const struct vz_release *r);
/* Is it a suite for security updates, as Debian and its offspring call theirs: "bookworm-security", "buster/updates"? */
bool vz_suite_is_security(const char *suite);

#endif
