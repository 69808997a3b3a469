/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of stanzas (deb822), as pieces that can be merged: dpkg's status, apt's
 * extended states, debconf's databases.
 *
 * A stanza is what stands between blank lines, kept as it is.  Its name is the
 * value of one field, or of two joined by ":".  A stanza without has none, and
 * is found by nobody (builder/units.h).  Nothing else in it is judged.
 */
#ifndef BUILDER_STANZAS_H
#define BUILDER_STANZAS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/texts.h"
#include "builder/units.h"

struct vz_stanzas {
	struct vz_units units;
	struct vz_texts keys;
};

void vz_stanzas_release(struct vz_stanzas *s);
#define auto_stanzas __attribute__((cleanup(vz_stanzas_release)))

/* The name of a stanza, to be freed; NULL: it has none. */
typedef char *(*vz_stanza_name)(const struct vz_unit *u);
/* Cuts `text`, which has to stay, and adds to `ret`. VZ_FAILED: NUL bytes, too many. */
int vz_stanzas_read(const struct vz_buf *text, vz_stanza_name name, struct vz_stanzas *ret, struct vz_err *err);

/* The first line of a field's value, without white space around; NULL: there is no such field. To be freed. */
char *vz_stanza_field(const struct vz_unit *u, const char *field);

/* Merges stanza by stanza: the tenant's where the tenant changed it, else the new one's. `ret` is empty before. */
int vz_stanzas_merge(const struct vz_buf *base, const struct vz_buf *theirs, const struct vz_buf *new, vz_stanza_name name,
		     struct vz_buf *ret, struct vz_err *err);

#endif
