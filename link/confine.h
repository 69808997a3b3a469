/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Confinement: what root inside an environment may not do to the host.
 *
 * There is no user namespace, so root inside is root, less what reaches out:
 * the capabilities for mounts, modules, raw devices, clocks, tracing, other
 * people's files by handle, host networking; the caller's keyring; and pushing
 * input into the caller's terminal (TIOCSTI, TIOCLINUX).  no_new_privs stays
 * off: su and other setuid programs have to work inside.
 */
#ifndef LINK_CONFINE_H
#define LINK_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/* The capabilities that are left; ends where there is no name. */
struct vz_confine_cap {
	int cap;
	const char *name;
};
extern const struct vz_confine_cap vz_confine_kept[];

/* For the process that is about to start the command, and for all it starts.
 * `terminal`: it keeps a controlling terminal; `private_network`: raw sockets
 * show nothing but itself. */
int vz_confine_command(bool terminal, bool private_network, struct vz_err *err);
#endif
