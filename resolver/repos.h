/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directories of all repositories that a host has seen, as a whole
 * (resolver/source.h says what is in one).
 *
 * Metadata can be fetched again.  What a repository's state says cannot: the
 * dates that must not go back.  So of one that nobody uses any more the
 * metadata goes, and the state stays.
 */
#ifndef RESOLVER_REPOS_H
#define RESOLVER_REPOS_H

#include <time.h>

#include "base/err.h"
#include "base/texts.h"

/* Adds the paths, below `repos`, of metadata in directories that were last used before `before`. */
int vz_repos_unused(int repos, time_t before, struct vz_texts *ret, struct vz_err *err);
/* Calls `found` for each repository whose state cannot be read, with its path below `repos`. */
typedef void (*vz_repos_found)(void *ctx, const char *path, const struct vz_err *why);
int vz_repos_check(int repos, vz_repos_found found, void *ctx, struct vz_err *err);

#endif
