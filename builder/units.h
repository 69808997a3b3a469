/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Units: a text cut into pieces that have names, so that texts can be merged
 * piece by piece: lines of passwd(5), stanzas of a dpkg status file.
 *
 *     auto_units struct vz_units u = {0};
 *     vz_units_add(&u, text, len, key, key_len);     in the order of the text
 *     vz_units_index(&u);
 *     vz_units_find(&u, unit_of_another_text);
 *
 * Pieces point into the text, which has to stay.  A piece without a name (a
 * comment) is only found by walking.  Where a name comes again, the first piece
 * stands for the first one elsewhere, the second for the second.  Texts may be a
 * tenant's: finding is a binary search, so that no choice of names makes it slow.
 */
#ifndef BUILDER_UNITS_H
#define BUILDER_UNITS_H

#include <stdbool.h>
#include <stddef.h>

#define VZ_UNITS_MAX 1000000

struct vz_unit {
	const char *text;
	size_t len;
	const char *key;         /* NULL: it has no name */
	size_t key_len;
	size_t ordinal;          /* among the pieces of this name, from 0 */
};

struct vz_units {
	struct vz_unit *items;
	size_t n, cap;
	const struct vz_unit **sorted;   /* those with names, by name and ordinal */
	size_t n_sorted;
};

void vz_units_release(struct vz_units *u);
#define auto_units __attribute__((cleanup(vz_units_release)))

/* False: there are VZ_UNITS_MAX already. */
bool vz_units_add(struct vz_units *u, const char *text, size_t len, const char *key, size_t key_len);
/* Cuts a text into lines. The name of each is what stands before the first `separator`, or the line itself if that
 * is 0; comments ("#"), NIS entries ("+", "-") and what would have an empty name have none. False: too many. */
bool vz_units_add_lines(struct vz_units *u, const char *text, size_t len, char separator);
void vz_units_index(struct vz_units *u);
/* The piece that `like`, of another text, stands for; NULL: there is none. */
const struct vz_unit *vz_units_find(const struct vz_units *u, const struct vz_unit *like);
/* The first piece of this name. */
const struct vz_unit *vz_units_get(const struct vz_units *u, const char *key, size_t key_len);
bool vz_unit_same(const struct vz_unit *a, const struct vz_unit *b);     /* in text; NULL is like nothing but NULL */

/* Merges piece by piece: calls `put` for each piece of the result, the tenant's where the tenant changed it, else the
 * new one; what is new comes last. Pieces without a name are the tenant's. */
void vz_units_merge(const struct vz_units *base, const struct vz_units *theirs, const struct vz_units *new,
		    void (*put)(void *ctx, const struct vz_unit *u), void *ctx);

#endif
