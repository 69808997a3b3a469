/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON documents that --json prints: one a command, on stdout.  Their
 * fields are a contract with scripts (vzpkg(8), "JSON"): added to, never changed.
 */
#ifndef VZPKG_JSON_H
#define VZPKG_JSON_H

#include "builder/changelog.h"
#include "builder/difference.h"
#include "builder/drift.h"
#include "link/env.h"
#include "link/runtime.h"
#include "resolver/plan.h"
#include "store/manifest.h"
#include "vzpkg/state.h"

/* One template version. `plan` gives the packages. */
void vz_json_template(const struct vz_manifest *m, const struct vz_plan *plan);

struct vz_json_update {
	char *name;
	unsigned old, now;               /* versions; equal if nothing changed */
	bool changed;
	bool held;                       /* what there is to update to failed a health check */
};
void vz_json_updates(const struct vz_json_update *u, size_t n);

struct vz_json_listed {
	struct vz_manifest m;
	bool current;
};
void vz_json_templates(const struct vz_json_listed *t, size_t n);
void vz_json_names(char *const *names, size_t n);

/* What `create env` prints. */
void vz_json_env(const struct vz_env *e, double seconds);
/* What `info ENV` prints. */
struct vz_json_env_info {
	const struct vz_env *env;
	const struct vz_state *state;
	const char *runtime;             /* what it is, or would be, run by; NULL: this host has nothing for it */
	uint64_t private_bytes, shared_bytes;
};
void vz_json_env_info(const struct vz_json_env_info *i);
struct vz_json_env {
	struct vz_env env;
	struct vz_state state;
};
void vz_json_envs(const struct vz_json_env *e, size_t n);

/* What `install`, `rollback ENV` and the like print; of `update` with several environments, or `rollback --all`, an array. */
struct vz_json_moved {
	struct vz_env_moved moved;
	double seconds;
};
void vz_json_moved_one(const struct vz_json_moved *m);
void vz_json_moved(const struct vz_json_moved *m, size_t n);
void vz_json_history(const struct vz_env *generations, size_t n, unsigned current);
struct vz_json_status {
	struct vz_env env;
	unsigned latest;                 /* version of its template that is current; 0: there is none any more */
	bool outdated;
	struct vz_drift drift;
	struct vz_state state;
	uint64_t private_bytes;
	struct vz_stale_list stale;
};
void vz_json_status(const struct vz_json_status *s, size_t n);

void vz_json_settings(const char *env, const struct vz_settings *s);

/* What `start` and `stop` print; with --all, or of several, an array. */
struct vz_json_started {
	char *env;
	struct vz_runtime_started started;
};
void vz_json_started(const struct vz_json_started *s);
void vz_json_started_all(const struct vz_json_started *s, size_t n);
struct vz_json_stopped {
	const char *env;
	bool ran;
};
void vz_json_stopped(const struct vz_json_stopped *s);
void vz_json_stopped_all(const struct vz_json_stopped *s, size_t n);

/* What `diff` prints: what it compared, and what was found; `files`: each of them. */
struct vz_json_diff {
	const struct vz_manifest *before, *now;
	const struct vz_difference *difference;
	const struct vz_plan *now_plan;
	const struct vz_changelog *changelogs;   /* of each changed package; NULL: not asked for */
	bool files;
};
void vz_json_diff(const struct vz_json_diff *d);

/* {"KEY": "VALUE", …}; `pairs` ends with NULL. For commands without more to say. */
void vz_json_pairs(const char *const *pairs);
void vz_json_error(const struct vz_err *err);

#endif
