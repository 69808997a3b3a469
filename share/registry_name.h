/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of what a registry holds: HOST[:PORT]/REPOSITORY[:TAG][@sha256:HEX].
 *
 * There is no default host, and no other spelling of one: what is written is
 * where it is.  (OCI distribution specification, "Pulling manifests")
 */
#ifndef SHARE_REGISTRY_NAME_H
#define SHARE_REGISTRY_NAME_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/err.h"

struct vz_registry_name {
	char *host;                      /* with the port, if there is one */
	char *repository;                /* "team/debian-12" */
	char *tag;                       /* "latest" where none is said */
	char digest[VZ_HEX_LEN + 1];     /* of the manifest; "": the tag decides */
};

void vz_registry_name_release(struct vz_registry_name *n);
#define auto_registry_name __attribute__((cleanup(vz_registry_name_release)))

/* VZ_USAGE. */
int vz_registry_name_parse(const char *text, struct vz_registry_name *ret, struct vz_err *err);
/* Is the host this machine: "localhost", 127.0.0.0/8, [::1]. */
bool vz_registry_name_is_local(const struct vz_registry_name *n);

#endif
