/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the URLs of a repository to its mirrors, where that needs the network.
 *
 * "metalink+URL" and "mirrorlist+URL" give place to the mirrors that the server
 * there names.  Mirrors that were measured come first, the fastest before the
 * others (resolver/speed.h); where none was in the last week, the first
 * few are asked at once and the one that answers soonest is preferred.
 * A list written by hand keeps its order.
 */
#ifndef RESOLVER_LOCATE_H
#define RESOLVER_LOCATE_H

#include "resolver/metalink.h"
#include "resolver/source.h"

/* Is there something left to be located? */
bool vz_locate_is_due(const struct vz_source *s);
/* Replaces s->mirrors. Adds to `ret_link` what metalinks say of repomd.xml; may be NULL. Every metalink counts and must
 * be had; of mirror lists one is enough. `probe`: what mirrors are asked for where they have to be measured. */
int vz_locate(struct vz_source *s, const char *probe, struct vz_metalink *ret_link, struct vz_err *err);

#endif
