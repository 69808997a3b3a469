/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/import.h"

#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "share/adopt.h"
#include "share/import_forms.h"

void vz_import_release(struct vz_import *i)
{
	vz_manifest_release(&i->manifest);
}

int vz_import_needs_name(const struct vz_import *i, struct vz_err *err)
{
	if (i->name)
		return 0;
	vz_err_set(err, VZ_USAGE, "'%s' was not made by vzpkg, and says no name of a template", i->path);
	return vz_err_hint(err, "give it one with --name NAME");
}

/* A composefs directory is one with an image and objects; anything else has to be an OCI layout. */
static bool is_composefs(const char *path)
{
	auto_free char *image = vz_printf("%s/image", path), *objects = vz_printf("%s/objects", path);
	struct stat st;

	return stat(image, &st) == 0 && S_ISREG(st.st_mode) && stat(objects, &st) == 0 && S_ISDIR(st.st_mode);
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

int vz_import(struct vz_import *i, struct vz_err *err)
{
	auto_arrival struct vz_arrival what = {0};
	auto_free char *origin = vz_printf("imported from '%s'", i->path);
	struct vz_adopt adopt = { .store = i->store, .name = i->name, .origin = origin, .dry_run = i->dry_run };
	struct timespec start;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &start);
	rc = is_composefs(i->path) ? vz_import_composefs(i, &what, err) : vz_import_oci(i, &what, err);
	if (rc < 0)
		return -1;
	adopt.seconds = seconds_since(&start);
	return vz_adopt(&adopt, &what, &i->manifest, &i->changed, err) < 0 ? vz_err_wrap(err, "'%s'", i->path) : 0;
}
