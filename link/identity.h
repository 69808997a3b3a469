/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identity: what makes an environment a host of its own, and no template has.
 *
 * /etc/machine-id is random (machine-id(5)).  As long as it is missing or
 * empty, the environment has no identity yet, and gets with it /etc/hostname
 * and, in /etc/hosts, the address 127.0.1.1 of its name; other lines there stay.
 * From then on these files are the tenant's, but for a host name that was
 * chosen with `vzpkg set`.  The machine-id is written last: an identity
 * that was half given is given again.
 *
 * Keys of an SSH server are made by the environment's own ssh-keygen, by whoever
 * starts it (vz_identity_wants_ssh_keys()).
 *
 * All of it is written through the mount, so it is private to the environment;
 * what the tenant put in the place of these files is not followed.
 */
#ifndef LINK_IDENTITY_H
#define LINK_IDENTITY_H

#include <stdbool.h>

#include "base/err.h"

/* `root`: the environment's mount. `chosen`: the name was, so it goes to /etc/hostname whatever is there. An
 * environment without /etc gets nothing. */
int vz_identity_give(int root, const char *hostname, bool chosen, struct vz_err *err);
/* Takes machine-id and the SSH server's keys away, as from a copy of another environment. */
int vz_identity_forget(int root, struct vz_err *err);
/* Has it an SSH server's directory, without keys, and ssh-keygen? */
bool vz_identity_wants_ssh_keys(int root);

#endif
