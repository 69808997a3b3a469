/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sections and keys of a recipe, and what each does to the struct
 * vz_recipe; for recipe.c only.
 *
 * recipe.c calls vz_recipe_take() for every line of a file.  Files that are
 * included have been taken before the one that includes them, so a scalar
 * replaces what is there and a list adds to it.
 */
#ifndef RESOLVER_RECIPE_KEYS_H
#define RESOLVER_RECIPE_KEYS_H

#include "base/buf.h"
#include "base/table.h"
#include "resolver/ini.h"
#include "resolver/recipe.h"
#include "resolver/recipe_check.h"

struct vz_recipe_section;

/* One file being read. */
struct vz_recipe_reading {
	struct vz_recipe *r;
	const char *path;
	enum vz_family family;                   /* what the repositories are, if one says so */
	const struct vz_recipe_section *section; /* at hand */
	size_t target;                           /* its index among r->repos or r->packages */
	struct vz_table seen;                    /* sections and keys of this file so far */
};

int vz_recipe_take(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err);

/* Puts "FILE:LINE: " in front and makes it VZ_USAGE. Returns -1. */
int vz_recipe_at(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err);

#endif
