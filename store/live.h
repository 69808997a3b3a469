/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is live: the things in a store that somebody needs, and who needs them.
 *
 * Who needs things is known by different rooms: templates (store/manifest.h),
 * environments and each of their generations (link/env.h), plans (resolver/).
 * Each adds what its own refer to; vzpkg/roots.h puts them together.  Then
 * vz_live_mark() follows what these refer to in turn, down to the objects.
 *
 * A thing's holder is who keeps it: one environment alone, by its number from
 * VZ_LIVE_ENV on, or VZ_LIVE_SHARED, which is a template, or more than one.
 * What only one environment holds goes if that environment goes.
 *
 * What cannot be read may need anything.  It is noted, and everything it could
 * have needed counts as live: see `unknown_roots` and `unknown_objects`.
 *
 * It tells the truth only as long as nobody adds or removes: VZ_STORE_COLLECT.
 */
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include "base/digests.h"
#include "base/report.h"
#include "base/table.h"
#include "base/texts.h"
#include "store/store.h"

#define VZ_LIVE_SHARED 1u
#define VZ_LIVE_ENV 2u               /* the first environment; the next is one more */

struct vz_live {
	struct vz_digests images, plans, objects;   /* number: the holder */
	struct vz_table versions;            /* key: "NAME@N" of a template; value: the holder, as vz_live_holder() reads it */
	struct vz_table records;             /* key: the package's digest */
	struct vz_table outcomes;            /* key: the file's name */
	struct vz_texts unread;              /* a sentence each: what could not be read */
	bool unknown_roots;                  /* so all images, plans, records and objects count as live */
	bool unknown_objects;                /* so all objects do */
};

void vz_live_release(struct vz_live *l);
#define auto_live __attribute__((cleanup(vz_live_release)))

/* True if the holder is another than before, so that what the thing refers to has to be looked at (again). */
bool vz_live_add_image(struct vz_live *l, const struct vz_digest *d, uint32_t holder);
bool vz_live_add_plan(struct vz_live *l, const struct vz_digest *d, uint32_t holder);
bool vz_live_add_version(struct vz_live *l, const char *ref, uint32_t holder);
bool vz_live_add_record(struct vz_live *l, const char *package, uint32_t holder);
/* Something that refers to others could not be read. */
void vz_live_add_unknown(struct vz_live *l, const struct vz_err *why);
/* The holder in a table above; 0: none. */
uint32_t vz_live_holder(const struct vz_table *t, const char *key);
/* Who holds what both hold: for what is kept elsewhere. 0 is nobody. */
uint32_t vz_live_join(uint32_t a, uint32_t b);

/* Follows what was added: outcomes whose image is live, with the images they were built on; then the objects of
 * all live images and records. */
int vz_live_mark(const struct vz_store *s, struct vz_live *l, const struct vz_report *report, struct vz_err *err);

#endif
