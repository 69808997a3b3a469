/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/join.h"

#include <fnmatch.h>
#include <string.h>

#include "resolver/recipe_check.h"

static char **copy_list(char **list, size_t n)
{
	char **copy = vz_alloc((n + 1) * sizeof *copy);

	for (size_t i = 0; i < n; i++)
		copy[i] = vz_strdup(list[i]);
	return copy;
}

static void copy_repo(const struct vz_recipe_repo *from, struct vz_recipe_repo *ret)
{
	*ret = *from;
	ret->id = vz_strdup(from->id);
	ret->type = vz_strdup(from->type);
	ret->urls = copy_list(from->urls, from->n_urls);
	ret->suite = vz_strdup(from->suite);
	ret->components = copy_list(from->components, from->n_components);
	ret->key = vz_strdup(from->key);
	ret->key_from = vz_strdup(from->key_from);
	ret->fingerprints = copy_list(from->fingerprints, from->n_fingerprints);
	ret->sources = vz_strdup(from->sources);
	ret->modules = copy_list(from->modules, from->n_modules);
	ret->file = vz_strdup(from->file);
}

static bool same_repo(const struct vz_recipe_repo *a, const struct vz_recipe_repo *b)
{
	auto_buf struct vz_buf x = {0}, y = {0};

	vz_recipe_write_source(&x, a);
	vz_recipe_write_rest(&x, a);
	vz_recipe_write_source(&y, b);
	vz_recipe_write_rest(&y, b);
	return strcmp(x.data, y.data) == 0;
}

static struct vz_recipe_repo *find_repo(const struct vz_recipe *r, const char *id)
{
	for (size_t i = 0; i < r->n_repos; i++)
		if (strcmp(r->repos[i].id, id) == 0)
			return &r->repos[i];
	return NULL;
}

static int add_repo(struct vz_recipe *r, const struct vz_recipe *app, const struct vz_recipe_repo *repo, struct vz_err *err)
{
	const struct vz_recipe_repo *there = find_repo(r, repo->id);
	auto_free char *other = there ? vz_printf("%s-%s", app->name, repo->id) : NULL;

	if (r->n_repos && strcmp(repo->type, r->repos[0].type) != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "application '%s' has repositories of type %s, and '%s' is of type %s",
				  app->name, repo->type, r->name, r->repos[0].type);
	if (there && same_repo(there, repo))
		return 0;
	if (other && (there = find_repo(r, other)))
		return same_repo(there, repo) ? 0 : vz_err_set(err, VZ_UNRESOLVED, "application '%s' has a repository '%s', and there is "
							       "another of that name", app->name, repo->id);
	r->repos = vz_realloc(r->repos, r->n_repos + 1, sizeof *r->repos);
	copy_repo(repo, &r->repos[r->n_repos]);
	r->repos[r->n_repos].added = true;
	if (other) {
		free(r->repos[r->n_repos].id);
		r->repos[r->n_repos].id = steal(&other);
	}
	r->n_repos++;
	return 0;
}

static void add_packages(struct vz_recipe *r, const struct vz_recipe_packages *p)
{
	r->packages = vz_realloc(r->packages, r->n_packages + 1, sizeof *r->packages);
	r->packages[r->n_packages++] = (struct vz_recipe_packages){
		.install = copy_list(p->install, p->n_install), .n_install = p->n_install,
		.exclude = copy_list(p->exclude, p->n_exclude), .n_exclude = p->n_exclude,
		.recommends = p->recommends,
	};
}

static void add_scripts(struct vz_recipe *r, const struct vz_recipe *from, bool added)
{
	for (size_t i = 0; i < from->n_scripts; i++) {
		const struct vz_recipe_script *s = &from->scripts[i];

		r->scripts = vz_realloc(r->scripts, r->n_scripts + 1, sizeof *r->scripts);
		r->scripts[r->n_scripts++] = (struct vz_recipe_script){
			vz_strdup(s->when), vz_strdup(s->name), vz_strndup(s->text, s->len), s->len, added,
		};
	}
}

static int add_app(struct vz_recipe *r, const struct vz_recipe *app, struct vz_err *err)
{
	bool meant = !app->n_packages;

	if (strcmp(app->kind, "app") != 0)
		return vz_err_set(err, VZ_USAGE, "'%s' is not an application", app->name);
	if (strcmp(app->arch, r->arch) != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "application '%s' is for %s, and '%s' for %s", app->name, app->arch, r->name, r->arch);
	for (size_t i = 0; i < app->n_repos; i++)
		if (add_repo(r, app, &app->repos[i], err) < 0)
			return -1;
	for (size_t i = 0; i < app->n_packages; i++) {
		const struct vz_recipe_packages *p = &app->packages[i];

		if (p->template_glob && fnmatch(p->template_glob, r->name, 0) != 0)
			continue;
		add_packages(r, p);
		meant = true;
	}
	if (!meant) {
		vz_err_set(err, VZ_UNRESOLVED, "application '%s' has no packages for templates like '%s'", app->name, r->name);
		return vz_err_hint(err, "add a section [packages %s] to its recipe '%s'", r->name, app->path);
	}
	add_scripts(r, app, true);
	return 0;
}

/* Also refuses what cannot be a package of the family, before anything is refreshed. */
static int add_single(struct vz_recipe *r, const struct vz_texts *packages, struct vz_err *err)
{
	const bool deb = r->n_repos && strcmp(r->repos[0].type, "deb") == 0;
	const struct vz_recipe_packages p = { .install = packages->v, .n_install = packages->n, .recommends = -1 };

	for (size_t i = 0; i < packages->n; i++)
		if (!vz_recipe_package_ok(packages->v[i], deb ? VZ_FAMILY_DEB : VZ_FAMILY_RPM))
			return vz_err_set(err, VZ_USAGE, "'%s' is not a package's name and version", packages->v[i]);
	if (packages->n)
		add_packages(r, &p);
	return 0;
}

struct vz_recipe *vz_recipe_join(const struct vz_recipe *os, struct vz_recipe *const *apps, size_t n,
				 const struct vz_texts *packages, struct vz_err *err)
{
	auto_recipe struct vz_recipe *r = vz_new(struct vz_recipe);

	r->path = vz_strdup(os->path);
	r->text = vz_strdup(os->text);
	r->name = vz_strdup(os->name);
	r->kind = vz_strdup(os->kind);
	r->summary = vz_strdup(os->summary);
	r->arch = vz_strdup(os->arch);
	r->releasever = vz_strdup(os->releasever);
	r->keep = os->keep;
	r->repos = vz_alloc((os->n_repos + 1) * sizeof *r->repos);
	for (; r->n_repos < os->n_repos; r->n_repos++)
		copy_repo(&os->repos[r->n_repos], &r->repos[r->n_repos]);
	for (size_t i = 0; i < os->n_packages; i++)
		add_packages(r, &os->packages[i]);
	add_scripts(r, os, false);
	for (size_t i = 0; i < n; i++)
		if (add_app(r, apps[i], err) < 0)
			return NULL;
	return add_single(r, packages, err) < 0 ? NULL : steal(&r);
}
