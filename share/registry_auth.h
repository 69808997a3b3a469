/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a registry wants to know who we are: by user and password with each
 * request (RFC 7617), or by a token that another server gives for them, or
 * for nothing (the "bearer" way of the distribution project).
 */
#ifndef SHARE_REGISTRY_AUTH_H
#define SHARE_REGISTRY_AUTH_H

#include <stdbool.h>

#include "base/alloc.h"

/* What the WWW-Authenticate header of an answer 401 says. */
struct vz_registry_challenge {
	bool bearer;                     /* else basic */
	char *realm, *service, *scope;   /* of a bearer's; NULL where unsaid */
};

void vz_registry_challenge_release(struct vz_registry_challenge *c);
/* False: nothing that we can answer. */
bool vz_registry_challenge_parse(const char *value, struct vz_registry_challenge *ret);

#endif
