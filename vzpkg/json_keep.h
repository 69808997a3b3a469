/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `clean`, `df` and `verify` print with --json.
 */
#ifndef VZPKG_JSON_KEEP_H
#define VZPKG_JSON_KEEP_H

#include "store/findings.h"
#include "store/gc.h"

struct vz_json_freed {
	const char *kind;
	struct vz_gc_sum sum;
};
void vz_json_clean(bool dry_run, const struct vz_json_freed *kinds, size_t n, const struct vz_texts *unread);

struct vz_json_df {
	uint64_t objects, bytes, logical_bytes, unused_bytes;
	struct vz_json_share {
		const char *env;
		uint64_t private_bytes, shared, freed_if_removed;
	} *envs;
	size_t n_envs;
};
void vz_json_df(const struct vz_json_df *d);

void vz_json_findings(const struct vz_findings *f);

#endif
