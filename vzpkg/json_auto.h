/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `fetch`, `auto-update` and `history --auto` print as JSON; as all of
 * vzpkg/json.h a contract.
 */
#ifndef VZPKG_JSON_AUTO_H
#define VZPKG_JSON_AUTO_H

#include "builder/auto_log.h"

void vz_json_auto_run(const struct vz_auto_log *l);
void vz_json_auto_runs(const struct vz_auto_log *l, size_t n);

struct vz_json_fetched {
	char *name;
	size_t packages;                 /* that came */
	uint64_t bytes;
	bool changed;                    /* an update would give a new version */
};
void vz_json_fetched(const struct vz_json_fetched *f, size_t n);

#endif
