/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The build: from a recipe to a published template version.
 *
 *     solve ─ plan ─ fetch ─ ingest ─ compose ─ configure ─ capture ─ manifest ─ image
 *
 * build.c reads as that line.  A plan is built in two stages, always: the base
 * (bootstrap set) on nothing, then the rest on the base.  Each stage's result
 * is kept in compositions/ under the digest of (parent image, ordered plan,
 * rules' version), so templates that share a base share the work, and the same
 * lock gives the same image whichever was built first.
 *
 * A composition (builder/composition.h) takes the same way, with a joined
 * recipe, onto an OS template's image if that can stay.
 */
#ifndef BUILDER_BUILD_H
#define BUILDER_BUILD_H

#include "base/report.h"
#include "builder/recording.h"
#include "resolver/network.h"
#include "resolver/plan.h"
#include "resolver/present.h"
#include "resolver/recipe.h"
#include "store/manifest.h"

struct vz_build_options {
	const char *const *mirror_dirs;
	const char *lock_text;           /* build exactly this plan, or NULL */
	const char *lock_name;           /* for messages */
	bool offline;
	const struct vz_network *network;/* NULL: as it comes */
	bool only_if_changed;            /* update: no new version if the plan is the current one's */
	bool security;                   /* of a template: the current version with what security asks for, and nothing else */
	bool dry_run;                    /* stop after the plan */
	bool fetch_only;                 /* stop when the packages are in the store */
	bool again;                      /* do stages whose outcome is known, too: what they put into the store may be damaged */
	const struct vz_report *report;
};

struct vz_build_result {
	struct vz_manifest manifest;     /* what was published, or the current one if unchanged */
	struct vz_plan *plan;
	bool changed;
	bool held;                       /* only_if_changed: what it came to is known to be bad (store/verdict.h); not published */
	size_t fetched;                  /* packages that came */
	uint64_t fetched_bytes;          /* of those files */
};

void vz_build_result_release(struct vz_build_result *r);
/* Publishes a template's next version. One of kind app has no packages and an empty image: what it adds to an OS
 * template is decided there. */
int vz_build(struct vz_store *s, const struct vz_recipe *recipe, const struct vz_build_options *o,
	     struct vz_build_result *ret, struct vz_err *err);

/* What something is put on. */
struct vz_build_base {
	const struct vz_manifest *os;            /* its image is the parent, if the plan leaves its packages as they are */
	const struct vz_plan *plan;              /* what `os` was built from */
	const struct vz_present_list *present;   /* those packages, and others that are there (resolver/present.h) */
	bool settled;                            /* there are no other packages than `plan` has: nothing is resolved */
	const struct vz_recording *recordings;   /* of applications, in this order */
	size_t n_recordings;
	const struct vz_ids *ids;                /* what users and groups have to be for the environment it is for, or NULL */
};

struct vz_built {
	struct vz_digest image;                  /* zero after a dry run */
	struct vz_plan *plan;
};

/* Resolves a recipe, joined with others or not, and builds its image, durably; publishes nothing. `base` NULL: on nothing. */
int vz_build_on(struct vz_store *s, const struct vz_recipe *joined, const struct vz_build_base *base,
		const struct vz_build_options *o, struct vz_built *ret, struct vz_err *err);

#endif
