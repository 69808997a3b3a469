/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Targets: a file or a directory that a command makes outside the store.
 *
 * It is made under another name beside its own, ".NAME.XXXXXX", synced, and
 * renamed when it is complete; what exists is never replaced (VZ_EXISTS, found
 * out at the beginning, before the work).  Whatever fails leaves nothing.
 */
#ifndef SHARE_TARGET_H
#define SHARE_TARGET_H

#include <stdbool.h>

#include "base/err.h"

struct vz_target {
	char *path;              /* as the user gave it */
	char *aside;             /* path while it is made; NULL: nothing to remove */
	int fd;                  /* of the file, or of the directory */
};

enum vz_target_kind { VZ_TARGET_FILE, VZ_TARGET_DIR };
int vz_target_begin(const char *path, enum vz_target_kind kind, struct vz_target *ret, struct vz_err *err);
int vz_target_end(struct vz_target *t, struct vz_err *err);
/* Removes it, unless it was ended. Takes a zeroed one. */
void vz_target_release(struct vz_target *t);
#define auto_target __attribute__((cleanup(vz_target_release)))

#endif
