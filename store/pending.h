/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pending updates: what was fetched for a template's next version, which is not
 * built yet.
 *
 *     ROOT/pending/<template>         a document (store/document.h) of format "vzpkg-pending 1"
 *
 * The plan that it names says which packages came.  By the note they are in
 * use, so that nothing is fetched twice because somebody cleaned in between.
 * Nothing but a download depends on it: a note that cannot be read is none.
 * Who writes one holds the template's lock, or the store alone.
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <stdint.h>

#include "store/store.h"

struct vz_pending {
	struct vz_digest plan;       /* plans/<plan> (store/plans.h) */
	int64_t since;               /* Unix time */
};

/* VZ_NOTFOUND: there is none. VZ_DAMAGED. */
int vz_pending_read(const struct vz_store *s, const char *template, struct vz_pending *ret, struct vz_err *err);
/* Durably, in place of the last; the plan was put before. */
int vz_pending_write(struct vz_store *s, const char *template, const struct vz_pending *p, struct vz_err *err);
/* Nothing there is success. */
int vz_pending_forget(struct vz_store *s, const char *template, struct vz_err *err);

#endif
