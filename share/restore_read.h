/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup as it was read, before anybody judged it; for share/restore.c only.
 */
#ifndef SHARE_RESTORE_READ_H
#define SHARE_RESTORE_READ_H

#include "share/arrival.h"
#include "share/backup.h"
#include "share/parcel.h"

struct vz_restore_part {
	char *ref;                       /* "NAME@N", as it was called there */
	struct vz_buf manifest, lock;
	struct vz_arrival arrival;       /* of these, once all is read */
};

struct vz_restore_read {
	struct vz_env env;
	struct vz_settings settings;
	struct vz_buf plan;
	struct vz_restore_part *parts;   /* the OS template first */
	size_t n_parts;
	struct vz_tree *composition, *private;       /* or NULL */
	bool has_env, has_settings;
};

void vz_restore_read_release(struct vz_restore_read *r);
#define auto_restore_read __attribute__((cleanup(vz_restore_read_release)))

/* For struct vz_parcel_take: `ctx` is one of the above. VZ_UNTRUSTED for what has no place there. */
int vz_restore_item(void *ctx, struct vz_parcel_reader *from, const struct vz_parcel_item *item, struct vz_err *err);
/* Is all there that has to be, and fits together? VZ_UNTRUSTED. Then the parts have their arrivals. */
int vz_restore_complete(struct vz_restore_read *r, struct vz_err *err);

#endif
