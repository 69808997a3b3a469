/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second half of reading a recipe; for recipe.c only.
 *
 * recipe.c knows which keys there are and puts their values in place, file by
 * file.  Here is how the files it names are found, what values must look like, and what must hold for the whole
 * once every file is read: nothing missing, nothing contradictory.
 */
#ifndef RESOLVER_RECIPE_CHECK_H
#define RESOLVER_RECIPE_CHECK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "resolver/recipe.h"

enum vz_family { VZ_FAMILY_UNKNOWN, VZ_FAMILY_DEB, VZ_FAMILY_RPM };

/* A file named in the recipe of path `recipe` lies beside it. To be freed. */
char *vz_recipe_beside(const char *recipe, const char *name);
/* A regular file of at most 1 MiB. */
int vz_recipe_load(const char *path, struct vz_buf *ret, struct vz_err *err);

/* The word of the NULL-terminated `words` that `word` is a slip of the pen of, or NULL. */
const char *vz_recipe_nearest(const char *word, const char *const *words);
/* "a, b or c", to be freed. */
char *vz_recipe_words(const char *const *words);

/* Appends a copy of the item unless it is there. */
void vz_recipe_add(char ***list, size_t *n, const char *item, size_t len);
/* The next word at `*p`, which moves behind it, or NULL. */
const char *vz_recipe_word(const char **p, size_t *ret_len);
/* "a >= 1" to "a>=1", so that white space separates items only. To be freed. */
char *vz_recipe_glued(const char *value);

extern const char *const vz_recipe_archs[];
extern const char *const vz_recipe_autos[];        /* from VZ_AUTO_NO on */

bool vz_recipe_package_ok(const char *item, enum vz_family family);
bool vz_recipe_url_ok(const char *url);
bool vz_recipe_sources_ok(const char *s);          /* URL of a directory, or "no" */
bool vz_recipe_suite_ok(const char *s);            /* also a component */
bool vz_recipe_module_ok(const char *s);           /* "NAME:STREAM" or "default" */
/* The first ${x} in `value` that is not known, to be freed; NULL: none. */
char *vz_recipe_unknown_variable(const char *value);

/* The canonical form, in parts. A list that is empty is left out. */
void vz_recipe_write_list(struct vz_buf *b, const char *key, char **items, size_t n);
void vz_recipe_write_source(struct vz_buf *b, const struct vz_recipe_repo *repo);
void vz_recipe_write_rest(struct vz_buf *b, const struct vz_recipe_repo *repo);

void vz_recipe_write_health(struct vz_buf *b, const struct vz_recipe_health *h);

/* Fills in what is unsaid, expands variables, checks the whole, writes `r->text`. */
int vz_recipe_finish(struct vz_recipe *r, struct vz_err *err);

#endif
