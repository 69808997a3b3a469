/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Credentials for registries, where podman and docker keep them: the first
 * of these files that is there, as containers-auth.json(5) has it,
 *
 *     $REGISTRY_AUTH_FILE
 *     $XDG_RUNTIME_DIR/containers/auth.json, /run/containers/<uid>/auth.json
 *     $XDG_CONFIG_HOME/containers/auth.json, ~/.config/containers/auth.json
 *     $DOCKER_CONFIG/config.json, ~/.docker/config.json
 *
 * that knows the host: {"auths": {KEY: {"auth": BASE64 of USER:PASSWORD}}}.  KEY
 * is a host, or a host with the beginning of a repository, and the longest that
 * fits counts.  Programs that keep secrets (credHelpers) are not asked.
 */
#ifndef SHARE_CREDENTIALS_H
#define SHARE_CREDENTIALS_H

#include "base/err.h"
#include "share/registry_name.h"

/* "USER:PASSWORD" to be freed, or NULL in `ret`: there are none. VZ_FAILED for a file that cannot be read. */
int vz_credentials_find(const struct vz_registry_name *n, char **ret, struct vz_err *err);
/* The same of the text of such a file; `what` names it. */
int vz_credentials_parse(const char *text, size_t len, const char *what, const struct vz_registry_name *n, char **ret,
			 struct vz_err *err);

#endif
