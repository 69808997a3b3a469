/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The roots of a store: what templates and environments keep, put together
 * from what each room knows of its own.
 *
 *     vz_roots_read(store, &roots, &err)      then vz_live_mark(store, &roots.live, …)
 *
 * Kept are, of a template, the newest versions, as many as its newest recipe's
 * `keep` says, the current one, and those that an environment or a kept version
 * refers to; of an environment, the newest VZ_ENV_KEEP generations and the
 * current one.  What stays needs its image and its plan, and the records of its
 * plan's packages: by them it is built again, added to, and repaired.  What was
 * fetched for a template's next version stays for sixty days.
 *
 * Nothing is changed here.  Versions and generations that are not kept are
 * listed, and are no roots.
 */
#ifndef VZPKG_ROOTS_H
#define VZPKG_ROOTS_H

#include "link/env.h"
#include "store/live.h"
#include "store/manifest.h"

struct vz_root_version {
	char *template;
	unsigned version;
	struct vz_digest image;          /* zero if the manifest cannot be read */
	uint32_t holder;                 /* as in store/live.h; 0: it goes */
	uint64_t bytes;                  /* of its directory */
};

struct vz_root_env {
	char *name;
	unsigned *surplus;               /* generations that go */
	size_t n_surplus;
	uint64_t surplus_bytes;
	uint64_t bytes;                  /* of its whole directory, the surplus included */
};

struct vz_roots {
	struct vz_root_version *versions;
	size_t n_versions, cap_versions;
	struct vz_root_env *envs;        /* the i-th is the holder VZ_LIVE_ENV + i */
	size_t n_envs;
	struct vz_texts outdated;        /* templates whose note of a pending update is of no use any more: it goes, before its plan */
	struct vz_live live;
};

void vz_roots_release(struct vz_roots *r);
#define auto_roots __attribute__((cleanup(vz_roots_release)))

int vz_roots_read(const struct vz_store *s, struct vz_roots *ret, struct vz_err *err);

#endif
