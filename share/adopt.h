/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adoption: what arrived becomes a template's next version.
 *
 * This is where it is judged, whatever way it took: the tree may not hold what
 * no tree of ours holds, each content must be there, the plan must be one, and
 * the image that we write must be the one that the manifest names.
 */
#ifndef SHARE_ADOPT_H
#define SHARE_ADOPT_H

#include "share/arrival.h"

struct vz_adopt {
	struct vz_store *store;          /* open for change */
	const char *name;                /* of the template here; NULL: as the manifest says */
	const char *origin;              /* "imported from '/x'": becomes the log */
	double seconds;                  /* that it took to come */
	bool dry_run;                    /* judge only; the version given is 0 then, if it would be a new one */
};

/* The current version is left alone if it is the same. VZ_UNTRUSTED. */
int vz_adopt(const struct vz_adopt *a, const struct vz_arrival *what, struct vz_manifest *ret, bool *ret_changed,
	     struct vz_err *err);

#endif
