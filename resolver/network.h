/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How this host reaches the network: what its administrator says in vzpkg.conf.
 *
 *     [network]
 *     proxy           = http://proxy.example.org:3128    ; "none": also no proxy that the environment names
 *     rate            = 2M          ; bytes a second that all downloads of one batch may take together; K, M, G
 *     connect-timeout = 15          ; seconds
 *     stall-timeout   = 30          ; seconds with less than 1 KiB in each
 *
 * INI as recipes are (resolver/ini.h); what is unknown is an error.  What is not said is zero or NULL.
 */
#ifndef RESOLVER_NETWORK_H
#define RESOLVER_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vz_network {
	char *proxy;                 /* "": none */
	uint64_t rate;
	unsigned connect_seconds, stall_seconds;
};

void vz_network_release(struct vz_network *n);
#define auto_network __attribute__((cleanup(vz_network_release)))

/* `what` names the text in messages. VZ_USAGE, "WHAT:LINE: …". */
int vz_network_parse(const char *text, size_t len, const char *what, struct vz_network *ret, struct vz_err *err);
/* A file that is not there says nothing. */
int vz_network_read(const char *path, struct vz_network *ret, struct vz_err *err);

#endif
