/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mirrors: from a recipe's `url` to an ordered list of base URLs to try.
 *
 * "mirror:NAME" is the list recipes/mirrors/NAME, one candidate a line, `#`
 * comments, overridable in /etc/vzpkg/mirrors; the word `host-apt` in it stands
 * for the base URIs that the host's own apt configuration uses for the archive
 * NAME.  No network is used here.
 */
#ifndef RESOLVER_MIRROR_H
#define RESOLVER_MIRROR_H

#include "resolver/recipe.h"

struct vz_mirrors {
	char **urls;             /* without trailing slash, without duplicates, in order of preference */
	size_t n;
};

void vz_mirrors_release(struct vz_mirrors *m);
void vz_mirrors_add(struct vz_mirrors *m, const char *url);   /* at the end, unless it is there */
#define auto_mirrors __attribute__((cleanup(vz_mirrors_release)))

/* `dirs`: NULL-terminated directories to look for mirror lists in, in order,
 * before /etc/vzpkg/mirrors, "mirrors" beside the recipe, and the installed set;
 * NULL: only those. An empty result is VZ_NOTFOUND. Only http, https,
 * ftp, file URLs are accepted; "metalink+URL" and "mirrorlist+URL" stand in the result as they are, for the
 * source to put in their place what the server answers. */
int vz_mirrors_expand(const struct vz_recipe_repo *repo, const char *const *dirs, struct vz_mirrors *ret,
		      struct vz_err *err);
/* The one address at which those who use what is built from the repository are to look for it, without a user and
 * password; NULL if there is none. It depends on nothing but the recipe and the lists that come with it: what
 * the recipe says in `sources`, else the first remote URL of `url`, where for a list its first URL stands. Neither
 * /etc/vzpkg/mirrors nor host-apt count. */
int vz_mirrors_public(const struct vz_recipe_repo *repo, const char *const *dirs, char **ret, struct vz_err *err);
/* Reads the text of a mirror list; the word "host-apt" is kept as it stands. `what` names it in messages:
 * VZ_USAGE, "WHAT:LINE: …". */
int vz_mirrors_parse(const char *text, size_t len, const char *what, struct vz_mirrors *ret, struct vz_err *err);

#endif
