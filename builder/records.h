/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Record files: passwd(5) and its like, merged by record in three ways: what
 * the old composition had, what the tenant made of it, and what the new
 * composition has.
 *
 * - A record that the tenant added stays; one that the tenant removed stays away.
 * - A record that is new in the new composition comes in behind the others; one
 *   that it no longer has goes, unless the tenant changed it.
 * - Of a record that all have, each field is the tenant's where the tenant
 *   changed it, else the new one.  Lists (members of a group) are merged as sets.
 * - Ids never change: where the tenant's text has the name, its id stays.
 * - A new record whose id (or range of ids) the tenant's text has given to
 *   another name clashes, and is left out.
 * - Comments, NIS entries and records of another form stay as the tenant has them.
 *
 * If nothing of it is the tenant's, the result is the new text, byte for byte.
 */
#ifndef BUILDER_RECORDS_H
#define BUILDER_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/texts.h"

#define VZ_RECORDS_FIELDS 16     /* at most */

struct vz_records_rule {
	char separator;          /* of fields; the first one is the name. 0: each line is a name and nothing else */
	uint8_t fields;          /* that a record has */
	uint8_t id;              /* index of the field that is unique, or a range's first id; 0: there is none */
	uint8_t range;           /* index of the field that is a range's length; 0: there is none */
	uint32_t ids;            /* bit N: field N is an id */
	uint32_t lists;          /* bit N: field N is a list, separated by commas */
};

/* The files of every distribution, in /etc; a path NULL ends them. */
struct vz_record_file {
	const char *path;
	struct vz_records_rule rule;
};
extern const struct vz_record_file vz_record_files[];

struct vz_records_clash {
	char *name, *other;      /* the new record's, and whose its id is */
	char *id;
};

struct vz_records {
	const struct vz_records_rule *rule;
	const struct vz_buf *base, *theirs, *new;    /* lines; at most VZ_UNITS_MAX */
	/* result */
	struct vz_buf text;
	struct vz_records_clash *clashes;
	size_t n_clashes, cap_clashes;
};

void vz_records_release(struct vz_records *r);   /* the result */
#define auto_records __attribute__((cleanup(vz_records_release)))
/* VZ_FAILED: a text has NUL bytes or too many lines. */
int vz_records_merge(struct vz_records *r, struct vz_err *err);

#endif
