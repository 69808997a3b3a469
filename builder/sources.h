/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: what the package manager inside a template is told of the repositories of its recipe.
 *
 * Only what the recipe says goes in, and keys that it names: never what this
 * host puts in the place of a mirror list (resolver/mirror.h), so that the same
 * recipe and lock give the same image elsewhere.  How they are written down is
 * the family's business (builder/configure.h).
 */
#ifndef BUILDER_SOURCES_H
#define BUILDER_SOURCES_H

#include "base/buf.h"
#include "resolver/recipe.h"

struct vz_source_line {
	const struct vz_recipe_repo *repo;
	char *url;                       /* without trailing slash, user and password */
	struct vz_buf keyring;           /* binary; only keys that the recipe pins, if it pins some */
	struct vz_err no_keyring;        /* why there is none, if one is named: it may not be needed */
};

struct vz_sources {
	struct vz_source_line *items;    /* in the recipe's order; repositories without a public address are left out */
	size_t n;
};

/* Of the repositories that applications `added` to a joined recipe, or of the others. `dirs`: as for
 * vz_mirrors_public(). The recipe has to outlive the result. */
int vz_sources_read(const struct vz_recipe *r, const char *const *dirs, bool added, struct vz_sources *ret,
		    struct vz_err *err);
void vz_sources_release(struct vz_sources *s);
#define auto_sources __attribute__((cleanup(vz_sources_release)))
/* Appends all that they say, for a stage's key. */
void vz_sources_describe(const struct vz_sources *s, struct vz_buf *ret);

#endif
