/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/recipe.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "resolver/ez.h"
#include "resolver/ini.h"
#include "resolver/recipe_ez.h"
#include "resolver/recipe_keys.h"

#define MAX_DEPTH 8
#define KEEP 5

/* A file and those that include it. */
struct chain {
	struct vz_recipe_reading in;
	const struct chain *from;
	unsigned depth;
};

static int read_text(struct chain *c, const char *text, size_t len, struct vz_err *err);

static int include(struct chain *c, const char *path, struct vz_err *err)
{
	struct chain inner = { .in = { .r = c->in.r, .path = path }, .from = c, .depth = c->depth + 1 };
	auto_buf struct vz_buf text = {0};

	for (const struct chain *up = c; up; up = up->from)
		if (strcmp(up->in.path, path) == 0)
			return vz_err_set(err, VZ_USAGE, "include '%s' goes in a circle", path);
	if (inner.depth > MAX_DEPTH)
		return vz_err_set(err, VZ_USAGE, "include '%s' is more than %d deep", path, MAX_DEPTH);
	if (vz_recipe_load(path, &text, err) < 0 || read_text(&inner, text.data, text.len, err) < 0)
		return -1;
	c->in.family = inner.in.family;
	return 0;
}

/* What must be known before the rest of a file can be taken: the files it includes, and the family of its packages. */
static int look_ahead(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct chain *c = ctx;

	if (!l->key)
		return 0;
	if (strcmp(l->key, "type") == 0 && strncmp(l->section, "repository", 10) == 0)
		c->in.family = strcmp(l->value, "deb") == 0 ? VZ_FAMILY_DEB : VZ_FAMILY_RPM;
	if (strcmp(l->key, "include") == 0 && strcmp(l->section, "template") == 0) {
		auto_free char *path = vz_recipe_beside(c->in.path, l->value);

		if (include(c, path, err) < 0)
			return vz_recipe_at(&c->in, l, err);
	}
	return 0;
}

static int take(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct chain *c = ctx;

	return vz_recipe_take(&c->in, l, err);
}

static int read_text(struct chain *c, const char *text, size_t len, struct vz_err *err)
{
	int rc;

	if (vz_ini_read(text, len, c->in.path, look_ahead, c, err) < 0)
		return -1;
	rc = vz_ini_read(text, len, c->in.path, take, c, err);
	vz_table_release(&c->in.seen);
	return rc;
}

struct vz_recipe *vz_recipe_parse(const char *text, size_t len, const char *path, struct vz_err *err)
{
	auto_recipe struct vz_recipe *r = vz_new(struct vz_recipe);
	struct chain c = { .in = { .r = r, .path = path } };

	r->path = vz_strdup(path);
	r->keep = KEEP;
	if (read_text(&c, text, len, err) < 0 || vz_recipe_finish(r, err) < 0)
		return NULL;
	return steal(&r);
}

struct vz_recipe *vz_recipe_read(const char *path, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_ez_is(path)) {
		auto_ez struct vz_ez *ez = vz_ez_read(path, err);

		return ez ? vz_recipe_ez_parse(ez, err) : NULL;
	}
	if (vz_recipe_load(path, &text, err) < 0) {
		vz_err_wrap(err, "recipe");
		return NULL;
	}
	return vz_recipe_parse(text.data, text.len, path, err);
}

struct keep {
	struct vz_recipe_reading in;
	unsigned n;
};

static int take_keep(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct keep *k = ctx;

	if (!l->key || strcmp(l->section, "template") != 0 || strcmp(l->key, "keep") != 0)
		return 0;
	return vz_recipe_number(&k->in, l, VZ_RECIPE_KEEP_MAX, &k->n, err);
}

int vz_recipe_keep(const char *text, size_t len, const char *what, unsigned *ret, struct vz_err *err)
{
	struct keep k = { .in = { .path = what }, .n = KEEP };

	if (vz_ini_read(text, len, what, take_keep, &k, err) < 0)
		return -1;
	*ret = k.n;
	return 0;
}

static void free_list(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void free_repo(struct vz_recipe_repo *repo)
{
	free(repo->id);
	free(repo->type);
	free_list(repo->urls, repo->n_urls);
	free(repo->suite);
	free_list(repo->components, repo->n_components);
	free(repo->key);
	free_list(repo->modules, repo->n_modules);
	free(repo->key_from);
	free_list(repo->fingerprints, repo->n_fingerprints);
	free(repo->sources);
	free(repo->file);
}

void vz_recipe_free(struct vz_recipe *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_repos; i++)
		free_repo(&r->repos[i]);
	for (size_t i = 0; i < r->n_packages; i++) {
		free(r->packages[i].template_glob);
		free_list(r->packages[i].install, r->packages[i].n_install);
		free_list(r->packages[i].exclude, r->packages[i].n_exclude);
	}
	for (size_t i = 0; i < r->n_scripts; i++) {
		free(r->scripts[i].when);
		free(r->scripts[i].name);
		free(r->scripts[i].text);
	}
	free_list(r->notes, r->n_notes);
	free_list(r->health.checks, r->health.n_checks);
	free(r->repos);
	free(r->packages);
	free(r->scripts);
	free(r->path);
	free(r->text);
	free(r->name);
	free(r->kind);
	free(r->summary);
	free(r->arch);
	free(r->releasever);
	free(r);
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && strcmp(s + n - m, tail) == 0;
}

static char *find_ez(const char *dir, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", dir, name), *packaged = vz_printf("%s/%s-ez", dir, name);

	return vz_ez_is(path) ? steal(&path) : vz_ez_is(packaged) ? steal(&packaged) : vz_ez_find(dir, name);
}

char *vz_recipe_find(const char *name, const char *const *dirs, struct vz_err *err)
{
	auto_buf struct vz_buf searched = {0};

	if (strchr(name, '/') || ends_with(name, ".recipe")) {
		if (access(name, F_OK) == 0)
			return vz_strdup(name);
		vz_err_sys(err, "recipe '%s'", name);
		err->code = VZ_NOTFOUND;
		return NULL;
	}
	if (!vz_name_is_sane(name)) {
		vz_err_set(err, VZ_USAGE, "recipe '%s' is not a name, expected letters, digits, '.', '_' and '-'", name);
		return NULL;
	}
	for (; *dirs; dirs++) {
		auto_free char *path = vz_printf("%s/%s.recipe", *dirs, name);
		char *ez;

		if (access(path, F_OK) == 0)
			return steal(&path);
		ez = find_ez(*dirs, name);
		if (ez)
			return ez;
		vz_buf_printf(&searched, "%s%s", searched.len ? ", " : "", *dirs);
	}
	vz_err_set(err, VZ_NOTFOUND, "no recipe '%s' in %s", name, searched.len ? searched.data : "any directory");
	vz_err_hint(err, "'vzpkg list --available' names the recipes there are");
	return NULL;
}
