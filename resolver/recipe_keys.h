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

#define VZ_RECIPE_KEEP_MAX 9999

/* One key of a section, and what a line of it does. */
enum { VZ_KEY_LINES = 1 };               /* indented lines may go on with the value */
struct vz_recipe_key {
	const char *name;                /* NULL ends a table */
	unsigned flags;
	int (*set)(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err);
};

/* recipe_keys_repository.c: [repository ID]. */
extern const struct vz_recipe_key vz_recipe_repository_keys[];
int vz_recipe_begin_repository(struct vz_recipe_reading *in, const char *name, const struct vz_ini_line *l,
			       struct vz_err *err);

/* recipe_keys_health.c: [health]. */
extern const struct vz_recipe_key vz_recipe_health_keys[];

/* What the sections share. Errors are VZ_USAGE, "FILE:LINE: …"; all return -1. */
int vz_recipe_bad(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* `what` is not one of `words`. */
int vz_recipe_bad_word(const struct vz_recipe_reading *in, const struct vz_ini_line *l, const char *what, const char *word,
		       const char *const *words, struct vz_err *err);
/* 0 if the value is one of `words`. */
int vz_recipe_check_word(struct vz_recipe_reading *in, const struct vz_ini_line *l, const char *const *words,
			 struct vz_err *err);
/* 0 if it is a number up to `max`. */
int vz_recipe_number(struct vz_recipe_reading *in, const struct vz_ini_line *l, unsigned max, unsigned *ret,
		     struct vz_err *err);
void vz_recipe_replace(char **p, const char *value);

/* Puts "FILE:LINE: " in front and makes it VZ_USAGE. Returns -1. */
int vz_recipe_at(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err);

#endif
