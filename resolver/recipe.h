/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recipes: what a template is made of, as people write it (vzpkg-recipe(5)).
 *
 * INI, read with libinih: an indented line continues a value, `;` or `#`
 * starts a comment.  Unknown sections and keys are errors that name file and
 * line and say what was expected.  `include = FILE` in [template] reads
 * another recipe first; the including one then overrides scalars and adds to
 * lists.  `${arch}` and `${releasever}` are expanded in repository values.
 * What a struct vz_recipe holds has passed every check that needs no network.
 */
#ifndef RESOLVER_RECIPE_H
#define RESOLVER_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/texts.h"

/* What of an rpm repository must be signed, besides what the words `trust = unsigned` say. */
enum vz_recipe_trust {
	VZ_TRUST_SIGNED,         /* unsaid, or "signed": the family's rule */
	VZ_TRUST_PACKAGES,       /* rpm: each package */
	VZ_TRUST_METADATA,       /* rpm: repomd.xml; packages are covered by its digests */
	VZ_TRUST_BOTH,           /* rpm */
};

struct vz_recipe_repo {
	char *id;                /* [repository ID] */
	char *type;              /* "deb", "rpm" */
	char **urls;             /* as written: URL, "mirror:NAME", "metalink+URL", "mirrorlist+URL" */
	size_t n_urls;
	char *suite;             /* deb; Codename or Suite of the Release file */
	char **components;       /* deb */
	size_t n_components;
	char *key;               /* path of a keyring; relative to the recipe's file */
	char *key_from;          /* where to get that file, for a hint; NULL if unsaid */
	char **fingerprints;     /* 40 or 64 upper-case hex digits; of the key file only these keys count, if any is said */
	size_t n_fingerprints;
	bool unsigned_ok;        /* trust = unsigned */
	enum vz_recipe_trust trust;
	char **modules;          /* rpm; streams of modules to choose from: "NAME:STREAM", "default" */
	size_t n_modules;
	char *sources;           /* deb; what apt inside is told: a URL, "no"; NULL if unsaid (resolver/mirror.h) */
	bool outlived;           /* deb; valid-until = ignore: its metadata counts also when it is not valid any more */
	int priority;            /* 0 to 999; lower number is preferred, 50 if unsaid */
	bool added;              /* in a joined recipe: by an application */
	char *file;              /* where it is defined, for messages */
	unsigned line;
};

struct vz_recipe_packages {
	char *template_glob;     /* [packages GLOB], or NULL for plain [packages] */
	char **install;          /* "NAME", "NAME:ARCH", "NAME=VERSION" */
	size_t n_install;
	char **exclude;          /* "NAME" */
	size_t n_exclude;
	int recommends;          /* -1 unsaid, 0, 1 */
};

struct vz_recipe_script {
	char *when;              /* "post-install"; "post-cache", which comes first and is given "/" */
	char *name;              /* as written */
	char *text;              /* the file's bytes */
	size_t len;
	bool added;              /* an application's, in a joined recipe (resolver/join.h) */
};

/* How far scheduled updates go by themselves; of several words the least counts. */
enum vz_recipe_auto {
	VZ_AUTO_UNSAID,
	VZ_AUTO_NO,              /* they leave the template alone */
	VZ_AUTO_DOWNLOAD,        /* what an update would need comes to this host */
	VZ_AUTO_BUILD,           /* a new version is built */
	VZ_AUTO_APPLY,           /* and the environments that follow move to it; unsaid: this */
};

/* What tells that an environment does what it is for. */
struct vz_recipe_health {
	char **checks;           /* commands, as vz_recipe_command() takes them */
	size_t n_checks;
	unsigned timeout;        /* seconds that each may take; 60 if unsaid */
};

struct vz_recipe {
	char *path;              /* file it was read from */
	char *text;              /* the whole as one recipe in canonical form, for provenance: equal recipes, equal text */
	char *name, *kind, *summary;
	char *arch;              /* "x86_64"; from `arch =`, else the host's */
	char *releasever;        /* `releasever =`, or NULL */
	unsigned keep;           /* 5 if unsaid */
	enum vz_recipe_auto automatic;   /* never VZ_AUTO_UNSAID once it was read */
	struct vz_recipe_repo *repos;
	size_t n_repos;
	struct vz_recipe_packages *packages;
	size_t n_packages;
	struct vz_recipe_script *scripts;
	size_t n_scripts;
	struct vz_recipe_health health;
	char **notes;            /* what of an EZ template was left out or changed, a line each */
	size_t n_notes;
};

void vz_recipe_free(struct vz_recipe *r);
VZ_AUTO(struct vz_recipe, vz_recipe_free)
#define auto_recipe VZ_CLEANUP(vz_recipe_free)

/* Reads and checks a recipe file, or an EZ template of the original (resolver/recipe_ez.h). Syntax and unknown keys: VZ_USAGE, "FILE:LINE: …". A file is at most 1 MiB,
 * includes nest at most 8 deep. */
struct vz_recipe *vz_recipe_read(const char *path, struct vz_err *err);
/* The same with the recipe's text at hand; what it includes is still read, relative to the directory of `path`. */
struct vz_recipe *vz_recipe_parse(const char *text, size_t len, const char *path, struct vz_err *err);
/* How many versions of its template a recipe's text says to keep (5 if unsaid), without a look at the rest or at other
 * files; `what` names it in messages. */
int vz_recipe_keep(const char *text, size_t len, const char *what, unsigned *ret, struct vz_err *err);
/* Finds NAME on the recipe path: `dirs` (NULL-terminated) in order; a name with
 * a slash or ending in ".recipe" is a file. NAME.recipe is what is looked for,
 * then an EZ template in NAME or NAME-ez, then OS/VERSION/ARCH of a template area.
 * To be freed. VZ_NOTFOUND names the directories that were searched. */
char *vz_recipe_find(const char *name, const char *const *dirs, struct vz_err *err);

/* Splits a command of [health] into words: they stand between white space, and what stands between two '"' or two "'" is
 * part of one word. There is no other syntax. VZ_USAGE where a quotation mark lacks its other, or there is no word. */
int vz_recipe_command(const char *line, struct vz_texts *ret, struct vz_err *err);

#endif
