/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joining: one recipe of what an environment is to have: an OS template's,
 * those of applications, and single packages.
 *
 * Repositories of applications come behind the OS's; equal ones are one, and
 * one that differs but has the name of another is called APP-NAME.  Of an
 * application count [packages] and each [packages PATTERN] that matches the OS
 * template's name.
 */
#ifndef RESOLVER_JOIN_H
#define RESOLVER_JOIN_H

#include "base/texts.h"
#include "resolver/recipe.h"

/* Scripts and repositories of applications are marked `added`. VZ_UNRESOLVED: an application is of another family or
 * architecture, or has packages for other templates only. VZ_USAGE: what is no package's name. The result owns all
 * it has. */
struct vz_recipe *vz_recipe_join(const struct vz_recipe *os, struct vz_recipe *const *apps, size_t n,
				 const struct vz_texts *packages, struct vz_err *err);

#endif
