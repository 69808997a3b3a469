/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of an environment's generations, for the files that link/env.h is
 * made of.
 *
 * env.json is the record of the current generation.  It gets one below
 * generations/ when it is left, so one that never became current has none.
 */
#ifndef LINK_ENV_RECORD_H
#define LINK_ENV_RECORD_H

#include "link/env.h"

/* Can it become an environment's name? VZ_USAGE, VZ_EXISTS; to be asked with and without its lock. */
int vz_env_check_new(const struct vz_store *s, const char *name, struct vz_err *err);
void vz_env_copy(const struct vz_env *e, struct vz_env *ret);
/* Makes `e` the record below generations/, durably. */
int vz_env_keep(struct vz_store *s, const struct vz_env *e, struct vz_err *err);
/* Makes `e` the current one: env.json. */
int vz_env_write(struct vz_store *s, const struct vz_env *e, struct vz_err *err);
/* The generations that `e` came from, one by one: e->from first. free(). */
unsigned *vz_env_ancestors(const struct vz_store *s, const struct vz_env *e, size_t *ret_n);

#endif
