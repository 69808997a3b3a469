/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The original's EZ templates (resolver/ez.h) as recipes, and back.
 *
 * What each file becomes:
 *
 *     packages, packages_0, packages_1       [packages] install: one list; the solver finds the order.  Of an application
 *                                            below an OS's directory: [packages OS-VERSION-ARCH*]
 *     package_manager                        the family and, where it says so, the architecture: rpm…, dpkg…; …x64, …x86
 *     repositories (rpm), zypp_repositories  a line is a repository, its words are URLs of the same
 *     repositories (dpkg)                    a line is URL SUITE COMPONENT…
 *     mirrorlist                             a line is a repository, its words are lists of mirrors, or metalinks
 *     summary, or description's first line   summary
 *     post-cache, post-install               [scripts], in this order
 *     vzpkg.ini                              anything a recipe can say, and [repositories], see below
 *
 * The rest has no meaning here; each such file is a line in `notes`.
 *
 * In URLs, $releasever, $basearch and $arch are what yum makes of them; any
 * other $NAME comes from a map, whose lines are "$NAME REPLACEMENT": url.map
 * beside the template, else AREA/conf/vztt/url.map, else /etc/vzpkg/url.map.
 * The first line that fits is used, once, as the original does.
 *
 * Repositories are called base0, base1, … (SET0, APP0, …) in the order of the
 * files repositories, zypp_repositories, mirrorlist.  An EZ template says
 * nothing about keys, so vzpkg.ini must:
 *
 *     [repositories]         for all of those: key, key-from, fingerprint, trust, priority as in [repository ID], and
 *         names = …          what they are called instead, in order
 *         order = …          in what order they are preferred instead, by name
 *     [repository base0]     for one
 */
#ifndef RESOLVER_RECIPE_EZ_H
#define RESOLVER_RECIPE_EZ_H

#include "resolver/ez.h"
#include "resolver/recipe.h"

/* Errors as for recipe files: VZ_USAGE, "FILE:LINE: …". */
struct vz_recipe *vz_recipe_ez_parse(const struct vz_ez *ez, struct vz_err *err);

/* Writes the directory `dir` of an EZ template that reads as `r` (but for the names of its scripts' files), with a
 * vzpkg.ini for what the original's files cannot say. It must not exist: VZ_EXISTS. */
int vz_recipe_ez_write(const struct vz_recipe *r, const char *dir, struct vz_err *err);

#endif
