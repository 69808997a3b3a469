/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Environments: a composition seen through the link engine plus a private area.
 *
 *     envs/<name>/env.json            self-checksummed record: the commit point
 *                 generations/<N>     what each generation pointed to
 *                 upper/ work/        the private area (overlay)
 *                 root/               mount point of `vzpkg mount`
 *
 * An environment is made in staging and renamed into place; removed by a
 * rename into trash/.  One lock an environment ("env", name).
 */
#ifndef LINK_ENV_H
#define LINK_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "store/manifest.h"

struct vz_env {
	char *name;
	char *template_name;             /* "debian-12-x86_64" */
	unsigned template_version;
	struct vz_digest image;
	unsigned generation;             /* counts from 1 */
	int64_t created;                 /* Unix time */
	char *hostname;                  /* NULL: the name */
};

void vz_env_release(struct vz_env *e);
#define auto_env __attribute__((cleanup(vz_env_release)))

/* Makes `name` from a template that exists. VZ_EXISTS; VZ_USAGE for a name that is not sane. */
int vz_env_create(struct vz_store *s, const char *name, const struct vz_manifest *m, struct vz_env *ret,
		  struct vz_err *err);
int vz_env_read(const struct vz_store *s, const char *name, struct vz_env *ret, struct vz_err *err);
/* Sorted names; freed with vz_names_free(). */
char **vz_env_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err);
/* VZ_BUSY while mounted or running. */
int vz_env_remove(struct vz_store *s, const char *name, struct vz_err *err);
bool vz_env_uses(const struct vz_store *s, const char *template_name, unsigned version, char **ret_env);

/* Attaches at `dir`, or at envs/<name>/root if NULL; `ret_where` to be freed. VZ_BUSY if already mounted. */
int vz_env_mount(struct vz_store *s, const char *name, const char *dir, char **ret_where, struct vz_err *err);
int vz_env_umount(struct vz_store *s, const char *name, struct vz_err *err);
bool vz_env_is_mounted(const struct vz_store *s, const char *name);
/* Runs a command; uses the mount of vz_env_mount() if there is one, else its own. */
int vz_env_exec(struct vz_store *s, const char *name, const char *const *argv, int *ret_status, struct vz_err *err);
/* Bytes in the private area (st_blocks * 512 of everything in upper/). */
int vz_env_private_bytes(const struct vz_store *s, const char *name, uint64_t *ret, struct vz_err *err);

#endif
