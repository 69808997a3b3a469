/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Publishing: what a build came to, as a template's next version; for build.c.
 */
#ifndef BUILDER_PUBLISH_H
#define BUILDER_PUBLISH_H

#include "builder/stage.h"
#include "resolver/recipe.h"
#include "store/manifest.h"

struct vz_publish {
	struct vz_store *store;
	const struct vz_recipe *recipe;
	const struct vz_plan *plan;
	struct vz_stage *last;           /* its image is the template's */
	uint64_t new_bytes;
	double seconds;                  /* that the build took */
	const char *log;                 /* what scripts printed */
};

/* The caller holds the template's lock. */
int vz_publish(const struct vz_publish *p, struct vz_manifest *ret, struct vz_err *err);
/* What can be told of the version that a dry run would have made. */
void vz_publish_describe(const struct vz_publish *p, struct vz_manifest *ret);
/* Is the current version of the same recipe and plan? Then it is read into `ret`. */
int vz_publish_is_current(const struct vz_publish *p, bool *ret_same, struct vz_manifest *ret, struct vz_err *err);
/* Keeps what scripts printed before one of them failed, and says in the hint where. */
void vz_publish_failure(const struct vz_publish *p, struct vz_err *err);

/* The plan of an application, which has no packages, and the stage with nothing in it that its template shows. */
struct vz_plan *vz_publish_app_plan(const struct vz_recipe *recipe);
int vz_publish_app_stage(struct vz_store *s, struct vz_stage *ret, struct vz_err *err);

#endif
