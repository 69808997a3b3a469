/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/find.h"

#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "resolver/recipe_check.h"

#define LISTED 8                     /* packages in a hint */

struct vz_asked *vz_asked_add(struct vz_asked_list *l, const char *name, const char *text)
{
	vz_grow(l->v, l->n, l->cap);
	l->v[l->n] = (struct vz_asked){ .name = vz_strdup(name), .text = vz_strdup(text) };
	return &l->v[l->n++];
}

void vz_asked_release(struct vz_asked_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].text);
		free(l->v[i].group);
		vz_ints_release(&l->v[i].packages);
	}
	free(l->v);
	memset(l, 0, sizeof *l);
}

bool vz_is_excluded(const struct vz_recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_exclude; k++)
			if (fnmatch(r->packages[i].exclude[k], name, 0) == 0)
				return true;
	return false;
}

struct names {
	const char **v;
	size_t n, cap;
};

static void add_name(void *ctx, const char *name)
{
	struct names *names = ctx;

	if (name && strchr(name, ':'))       /* what stands for groups and the like */
		return;
	vz_grow(names->v, names->n, names->cap);
	names->v[names->n++] = name;
}

int vz_find_missing(const struct vz_find *f, const char *name, struct vz_err *err)
{
	auto_free char *streams = vz_universe_streams_of(f->u, name);
	struct names names = {0};
	const char *near;

	if (vz_is_excluded(f->recipe, name))
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is asked for and excluded by the recipe", name);
	if (streams) {
		vz_err_set(err, VZ_UNRESOLVED, "package '%s' is only in streams of modules that the recipe does not enable", name);
		return vz_err_hint(err, "say in its repository which is meant: modules = %s", streams);
	}
	if (vz_is_pattern(name))
		return vz_err_set(err, VZ_UNRESOLVED, "no package in the recipe's repositories matches '%s'", name);
	vz_universe_names(f->u, add_name, &names);
	add_name(&names, NULL);
	near = vz_recipe_nearest(name, names.v);
	vz_err_set(err, VZ_UNRESOLVED, "package '%s' is in no repository of the recipe", name);
	if (near)
		vz_err_hint(err, "there is '%s'", near);
	free(names.v);
	return -1;
}

char *vz_find_list(const struct vz_find *f, const struct vz_ints *packages, bool versions)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < packages->n && i < LISTED; i++) {
		struct vz_package p;

		vz_universe_package(f->u, packages->v[i], &p);
		vz_buf_printf(&b, "%s%s", i ? ", " : "", versions ? p.version : p.name);
	}
	if (packages->n > LISTED)
		vz_buf_puts(&b, ", …");
	return vz_buf_steal(&b);
}

int vz_find_no_version(const struct vz_find *f, const struct vz_request *q, const char *name, const struct vz_ints *named,
		       const char *more, struct vz_err *err)
{
	static const char *const ops[] = { "", "> ", "", ">= ", "< ", "", "<= ", "" };
	auto_free char *list = vz_find_list(f, named, true);

	vz_err_set(err, VZ_UNRESOLVED, "package '%s' has no version '%s%s'%s in the recipe's repositories", name, ops[q->ops & 7],
		   q->version ? q->version : "", more);
	return vz_err_hint(err, "there is: %s", list);
}

bool vz_find_version_ok(const struct vz_find *f, const struct vz_request *q, int package)
{
	struct vz_package p;

	if (!q->ops)
		return true;
	vz_universe_package(f->u, package, &p);
	if (q->ops == VZ_OP_EQUAL && (vz_is_pattern(q->version) ? fnmatch(q->version, p.version, 0) : strcmp(q->version, p.version)) == 0)
		return true;
	return !vz_is_pattern(q->version) && vz_universe_version_ok(f->u, package, q->ops, q->version);
}

void vz_find_matching(const struct vz_find *f, const char *pattern, struct vz_ints *ret)
{
	for (int p = vz_universe_next(f->u, 0); p; p = vz_universe_next(f->u, p))
		if (fnmatch(pattern, vz_universe_name(f->u, p), 0) == 0)
			vz_ints_add(ret, p);
}

int vz_find_best(const struct vz_find *f, const struct vz_ints *packages)
{
	int best = 0;

	for (size_t i = 0; i < packages->n; i++)
		if (!best || vz_universe_prefer(f->u, packages->v[i], best) < 0)
			best = packages->v[i];
	return best;
}
