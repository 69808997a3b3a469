/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changelogs: what the makers of a package say of its versions since an older
 * one.
 *
 * DEB: usr/share/doc/NAME/changelog.Debian.gz of the package, or changelog.gz;
 * where that directory is a link to another package's, that one's.  RPM: the
 * header has it.  So everything comes from what is in the store.
 *
 * Of a Debian changelog the entries count whose version is newer than the older
 * package's (of its source, where that has another); of an RPM's, those before
 * the newest entry of the older package, or, if that is not in the store any
 * more, before the one that names its version.  At most VZ_CHANGELOG_ENTRIES,
 * the newest first, and VZ_CHANGELOG_BYTES; the text is as hostile as a
 * package.
 */
#ifndef BUILDER_CHANGELOG_H
#define BUILDER_CHANGELOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/texts.h"
#include "resolver/plan.h"
#include "resolver/plan_change.h"
#include "store/store.h"

#define VZ_CHANGELOG_ENTRIES 64
#define VZ_CHANGELOG_BYTES (256u << 10)

struct vz_changelog_entry {
	char *version;                   /* deb: "1.2-3"; rpm: what is said of it, "Jane Doe <jane@example.org> - 1.2-3" */
	int64_t time;                    /* Unix time; 0: unsaid */
	char *text;                      /* lines, without blank ones around them */
};
struct vz_changelog {
	struct vz_changelog_entry *v;    /* the newest first */
	size_t n, cap;
	size_t bytes;
	bool cut;                        /* there is more */
};
void vz_changelog_release(struct vz_changelog *c);
#define auto_changelog __attribute__((cleanup(vz_changelog_release)))

/* Of a change with both packages, to one that is in plan `now`. Nothing where nobody wrote one, or the package is not in the
 * store any more. */
int vz_changelog_read(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
		      struct vz_changelog *ret, struct vz_err *err);
/* Adds the names of vulnerabilities ("CVE-2026-1234") in a text, each once, to `ret`. */
void vz_changelog_vulnerabilities(const char *text, struct vz_texts *ret);

/* For the families: takes over the strings. False: it is full, and they are freed. */
bool vz_changelog_add(struct vz_changelog *c, char *version, int64_t time, char *text);
/* A Debian changelog (deb-changelog(5)), down to the first entry that is not newer than `older`. What cannot be read ends
 * it. */
void vz_changelog_parse_deb(const char *text, size_t len, const char *older, struct vz_changelog *ret);
int vz_changelog_read_deb(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
			  struct vz_changelog *ret, struct vz_err *err);
int vz_changelog_read_rpm(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
			  struct vz_changelog *ret, struct vz_err *err);

#endif
