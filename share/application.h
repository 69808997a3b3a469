/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applications that were captured: what was installed in an environment becomes a
 * template of kind "app", whose tree is a recording (builder/recording.h).
 *
 * Its recipe has no packages, as the files are in the tree: it can be put onto any
 * OS template that fits, without a repository.  What it knows of packages can
 * be written as another recipe, which has these packages from repositories instead.
 */
#ifndef SHARE_APPLICATION_H
#define SHARE_APPLICATION_H

#include "base/report.h"
#include "builder/recording.h"
#include "store/manifest.h"

struct vz_application {
	struct vz_store *store;          /* open for change */
	const char *env, *name;          /* captured from; the template to be */
	const char *summary;             /* one line, or NULL */
	bool dry_run;                    /* publishes nothing; contents may have come to the store */
	const struct vz_report *report;
	/* in, and result: what it asks for and gives */
	struct vz_recording_make make;
	struct vz_manifest manifest;     /* its version; 0 after a dry run */
};
void vz_application_release(struct vz_application *a);

/* Publishes the next version of `name`. VZ_EXISTS: there is an OS template, or an application with a recipe of its own, of
 * that name. VZ_NOTFOUND: no such environment, or nothing was installed in it. */
int vz_application_capture(struct vz_application *a, struct vz_err *err);

/* The recipe that has the packages of a captured application from repositories: those that were asked for.
 * VZ_NOTFOUND: it was not captured, or has no packages. */
int vz_application_recipe(const struct vz_store *s, const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err);

#endif
