/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Imports: what a file or directory holds becomes a template's next version.
 *
 * Taken are OCI image layouts, as directories and archives, ours and others',
 * and composefs directories (share/export.h).  Nothing of it is ever mounted or
 * believed: contents are hashed on their way into the store, the tree is built
 * anew, our own writer makes the image, and where there is a manifest of ours
 * the image's digest must be the one it names (VZ_UNTRUSTED).  What has none is
 * a template without packages that anybody has a record of; its user names it.
 *
 * The version exists with the last step, or not at all; contents that are in the
 * store by then are garbage for the next collection.  What is there already as
 * the template's current version is not published again.
 */
#ifndef SHARE_IMPORT_H
#define SHARE_IMPORT_H

#include "base/report.h"
#include "store/manifest.h"

struct vz_import {
	struct vz_store *store;          /* open for change */
	const char *path;
	const char *name;                /* of the template; NULL: as its manifest says */
	bool dry_run;                    /* all but publishing */
	const struct vz_report *report;
	/* result */
	struct vz_manifest manifest;     /* what was published, or is there already */
	bool changed;
};

int vz_import(struct vz_import *i, struct vz_err *err);
void vz_import_release(struct vz_import *i);

#endif
