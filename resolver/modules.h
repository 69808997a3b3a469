/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * modules.yaml: which packages of an RPM repository belong to which streams of
 * modules, and which streams are the default.
 *
 * The file is a sequence of YAML documents.  Of those of kind "modulemd" (and
 * "modulemd-stream") count data.name, data.stream and data.artifacts.rpms, of
 * "modulemd-defaults" data.module and data.stream; as the modulemd
 * specification of Fedora describes versions 1 to 3.  The rest is passed over.
 *
 * Read with libyaml, event by event: no documents are built, and aliases,
 * which could make a small text a large one, are refused.
 */
#ifndef RESOLVER_MODULES_H
#define RESOLVER_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

struct vz_module_streams {
	char **names;                    /* "NAME:STREAM" */
	size_t n;
};

struct vz_modules;
/* VZ_UNTRUSTED where it is not such a text. */
struct vz_modules *vz_modules_read(const char *text, size_t len, struct vz_err *err);
void vz_modules_free(struct vz_modules *m);
VZ_AUTO(struct vz_modules, vz_modules_free)
#define auto_modules VZ_CLEANUP(vz_modules_free)

/* The streams that a package "NAME-EPOCH:VERSION-RELEASE.ARCH" belongs to; NULL: none. */
const struct vz_module_streams *vz_modules_of(const struct vz_modules *m, const char *nevra);
bool vz_modules_is_default(const struct vz_modules *m, const char *stream);

#endif
