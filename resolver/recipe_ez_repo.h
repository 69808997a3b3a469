/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The repositories of an EZ template, and vzpkg.ini, which says what the
 * original's files cannot; for recipe_ez.c only.
 */
#ifndef RESOLVER_RECIPE_EZ_REPO_H
#define RESOLVER_RECIPE_EZ_REPO_H

#include "base/err.h"
#include "resolver/ez.h"
#include "resolver/recipe_check.h"
#include "resolver/recipe_keys.h"

/* A template being read. */
struct vz_ez_reading {
	const struct vz_ez *ez;
	struct vz_recipe *r;
	enum vz_family family;
	struct vz_ez_file map;           /* url.map; without a path if there is none */
	size_t n_inherited, n_listed;    /* of r->repos: first those of the default set's lists, up to n_listed its own */
};

void vz_ez_reading_release(struct vz_ez_reading *in);

/* The next line of a file that says something, to be freed; `*p` begins at the text, `*line` at 0. False at the end. */
bool vz_ez_line(const struct vz_ez_file *f, const char **p, unsigned *line, char **ret);

int vz_ez_take_repositories(struct vz_ez_reading *in, struct vz_err *err);
/* Is it an application's, by its place or by what its vzpkg.ini says? */
bool vz_ez_is_app(const struct vz_ez_reading *in);
/* The default set's vzpkg.ini, where its repositories are taken, then the template's own. */
int vz_ez_take_ini(struct vz_ez_reading *in, struct vz_err *err);

#endif
