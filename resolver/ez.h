/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The original's EZ templates as files: where they lie, and what they hold.
 * resolver/recipe_ez.h says what becomes of it.
 *
 * A template is a set of small files, each named after what it holds
 * (packages, repositories, post-install, …).  They are found
 *
 *     AREA/OS/VERSION/ARCH/config/os/SET/NAME          of an OS; the base set is called "default"
 *     AREA/OS/VERSION/ARCH/config/app/APP/SET/NAME     of an application for it
 *     DIR/os_NAME, DIR/APP_NAME                        in the flat form of source trees; beside them a *.spec
 *                                                      that gives name, version, architecture and package manager
 *     a metafile                                       %NAME, then the lines of that file, and so on
 *
 * A set other than "default" takes package manager, repositories and keys of
 * its default set besides its own; an application's sets take the package
 * manager of the OS.  vzpkg adds the file vzpkg.ini.
 *
 * Nothing here knows what is in a file.  What the path says (OS, version, …)
 * is only believed where it is spelled like the parts of a name.
 */
#ifndef RESOLVER_EZ_H
#define RESOLVER_EZ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_ez_file {
	char *name;              /* "packages" */
	char *path;              /* for messages */
	char *text;              /* NUL-terminated */
	size_t len;
	bool inherited;          /* of the default set, or of the OS */
};

struct vz_ez {
	char *path;              /* what was asked for */
	char *dir;               /* where the template's own files lie */
	char *area;              /* AREA, or NULL */
	char *os, *version, *arch;   /* as the path or the spec has them, or NULL */
	char *set;               /* NULL: the default one */
	char *app;               /* NULL: an OS template */
	bool flat;               /* names of files have a prefix */
	struct vz_ez_file *files;    /* inherited ones first */
	size_t n_files;
};

void vz_ez_free(struct vz_ez *ez);
VZ_AUTO(struct vz_ez, vz_ez_free)
#define auto_ez VZ_CLEANUP(vz_ez_free)

/* Does an EZ template lie there, in a form that is not a recipe file? */
bool vz_ez_is(const char *path);
/* Reads the files of the template at `path`: a directory, a metafile, or PREFIX_packages of a flat tree. A file is at
 * most 1 MiB. VZ_NOTFOUND where there is none. */
struct vz_ez *vz_ez_read(const char *path, struct vz_err *err);
/* The same from the text of a metafile. */
struct vz_ez *vz_ez_split(const char *text, size_t len, const char *path);
/* Finds OS-VERSION-ARCH[-SET] below the template area `area`; to be freed, NULL: it is not there. */
char *vz_ez_find(const char *area, const char *name);

/* The template's file of that name (or an inherited one); NULL: there is none. */
const struct vz_ez_file *vz_ez_file(const struct vz_ez *ez, const char *name, bool inherited);

#endif
