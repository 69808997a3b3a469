/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stage: packages put onto a parent tree and configured; the unit of work
 * that a host never does twice.
 *
 *     compose ─ prepare ─ mount ─ run ─ capture ─ settle ─ image
 *
 * The result is an image in the store, kept under a key that says everything
 * it depends on: the rules' version, the parent's image, the date that times
 * are clamped to, the packages in order (or a recipe's script, a recording, or ids), and sources.  The
 * file compositions/<key> (store/outcome.h) names the image.
 * It is written by vz_stage_keep(), after the store was synced, so that it
 * never names an image or objects that a power cut could take away.
 */
#ifndef BUILDER_STAGE_H
#define BUILDER_STAGE_H

#include "base/report.h"
#include "base/id.h"
#include "builder/compose.h"
#include "builder/recording.h"
#include "builder/sources.h"
#include "resolver/plan.h"
#include "resolver/recipe.h"
#include "store/store.h"

struct vz_stage {
	/* in */
	struct vz_store *store;
	const char *family, *arch;               /* "deb"; Debian's name, "amd64" */
	const struct vz_stage *parent;           /* a finished stage, or NULL */
	const struct vz_plan_package **packages; /* in order; their records are in the store */
	size_t n_packages;
	const struct vz_recipe_script *script;   /* instead of packages */
	const struct vz_recording *recording;    /* instead of packages: what is put on the parent (builder/recording.h) */
	const struct vz_ids *ids;                /* instead of packages: what users and groups have to be (builder/ids.h) */
	const struct vz_sources *sources;        /* told to the package manager once all is configured; or NULL */
	bool again;                              /* do it even if its outcome is known */
	int64_t latest;                          /* no date may be later: the plan's signed date */
	struct vz_buf *log;
	const struct vz_report *report;
	/* out */
	int64_t date;                            /* what times were clamped to */
	struct vz_digest image;
	uint64_t image_size;
	struct vz_tree *tree;                    /* NULL if the result was known and nobody asked; see vz_stage_tree() */
	uint64_t new_bytes;                      /* objects that were not in the store */
	char key[VZ_HEX_LEN + 1];
	bool known;                              /* found in compositions/ */
	struct vz_merge_again again_inside;      /* what a recording needs to be run, while it is built */
};

void vz_stage_release(struct vz_stage *s);
/* Fills the out part; takes the "composition" lock of the key while it works. */
int vz_stage_run(struct vz_stage *s, struct vz_err *err);
/* The stage's tree, read from its image if need be; stays the stage's. */
struct vz_tree *vz_stage_tree(struct vz_stage *s, struct vz_err *err);
/* Writes compositions/<key> for later builds. The store must have been synced since vz_stage_run(). */
int vz_stage_keep(const struct vz_stage *s, struct vz_err *err);

#endif
