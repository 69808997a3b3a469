/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/table.h"
#include "resolver/ini.h"
#include "resolver/recipe_ez_repo.h"

/* One vzpkg.ini being read. */
struct ini {
	struct vz_ez_reading *in;
	const struct vz_ez_file *f;
	size_t first, end;               /* of r->repos: those it speaks of as [repositories] */
	size_t named;                    /* how many of them have got names */
	struct vz_table seen;            /* keys of [repositories] */
	struct vz_recipe_reading rest;   /* all other sections */
	char **order;
	size_t n_order;
	unsigned order_line;
};

static bool is_common(const struct vz_ini_line *l)
{
	return strcmp(l->section, "repositories") == 0;
}

static int take_names(struct ini *ini, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe *r = ini->in->r;
	const char *p = l->value, *word;
	size_t len;

	while ((word = vz_recipe_word(&p, &len))) {
		auto_free char *name = vz_strndup(word, len);

		if (ini->first + ini->named == ini->end)
			return vz_err_set(err, VZ_USAGE, "%s:%u: name '%s', but there are only %zu repositories", ini->f->path, l->line,
					  name, ini->named);
		for (size_t i = 0; i < r->n_repos; i++)
			if (strcmp(r->repos[i].id, name) == 0 && (i < ini->first + ini->named || i >= ini->end))
				return vz_err_set(err, VZ_USAGE, "%s:%u: name '%s' twice", ini->f->path, l->line, name);
		free(r->repos[ini->first + ini->named].id);
		r->repos[ini->first + ini->named++].id = steal(&name);
	}
	return 0;
}

/* As if it stood in the section of each of them. */
static int take_for_each(struct ini *ini, const struct vz_ini_line *l, struct vz_err *err)
{
	for (size_t i = ini->first; i < ini->end; i++) {
		struct vz_recipe_repo *repo = &ini->in->r->repos[i];
		auto_free char *section = vz_printf("repository %s", repo->id), *file = vz_strdup(repo->file);
		struct vz_recipe_reading reading = { .r = ini->in->r, .path = ini->f->path, .family = ini->in->family };
		struct vz_ini_line head = { .section = section, .line = l->line }, line = *l;
		unsigned defined = repo->line;
		int rc;

		line.section = section;
		rc = vz_recipe_take(&reading, &head, err) < 0 ? -1 : vz_recipe_take(&reading, &line, err);
		vz_table_release(&reading.seen);
		/* it is defined where its URL is */
		free(repo->file);
		repo->file = steal(&file);
		repo->line = defined;
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int take_common(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct ini *ini = ctx;
	const char *p = l->value, *word;
	size_t len;

	if (!is_common(l))
		return 0;
	if (!l->key && vz_table_has(&ini->seen, "[]"))
		return vz_err_set(err, VZ_USAGE, "%s:%u: section [repositories] twice", ini->f->path, l->line);
	if (l->key && !l->continued && vz_table_has(&ini->seen, l->key))
		return vz_err_set(err, VZ_USAGE, "%s:%u: key '%s' twice in [repositories]", ini->f->path, l->line, l->key);
	vz_table_put(&ini->seen, l->key ? l->key : "[]", ini);
	if (!l->key)
		return 0;
	if (strcmp(l->key, "names") == 0)
		return take_names(ini, l, err);
	if (strcmp(l->key, "order") != 0)
		return take_for_each(ini, l, err);
	ini->order_line = l->line;
	while ((word = vz_recipe_word(&p, &len)))
		vz_recipe_add(&ini->order, &ini->n_order, word, len);
	return 0;
}

static int take_rest(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	struct ini *ini = ctx;
	bool repository = strncmp(l->section, "repository ", 11) == 0;

	if (is_common(l) || (ini->f->inherited && !repository))
		return 0;
	if (l->key && strcmp(l->key, "include") == 0)
		return vz_err_set(err, VZ_USAGE, "%s:%u: include, expected keys of this template only", ini->f->path, l->line);
	return vz_recipe_take(&ini->rest, l, err);
}

static int put_in_order(struct ini *ini, struct vz_err *err)
{
	struct vz_recipe *r = ini->in->r;

	for (size_t to = 0; to < ini->n_order; to++) {
		struct vz_recipe_repo repo;
		size_t from = to;

		while (from < r->n_repos && strcmp(r->repos[from].id, ini->order[to]) != 0)
			from++;
		if (from == r->n_repos)
			return vz_err_set(err, VZ_USAGE, "%s:%u: order names '%s', which is no repository", ini->f->path,
					  ini->order_line, ini->order[to]);
		repo = r->repos[from];
		memmove(&r->repos[to + 1], &r->repos[to], (from - to) * sizeof repo);
		r->repos[to] = repo;
	}
	return 0;
}

/* A name that was given may be what another would be called by itself. */
static int check_names(const struct ini *ini, struct vz_err *err)
{
	const struct vz_recipe *r = ini->in->r;

	for (size_t i = ini->first + ini->named; ini->named && i < ini->end; i++)
		for (size_t k = ini->first; k < ini->first + ini->named; k++)
			if (strcmp(r->repos[i].id, r->repos[k].id) == 0)
				return vz_err_set(err, VZ_USAGE, "%s:1: name '%s' is that of another repository, expected names for "
						  "all of them", ini->f->path, r->repos[i].id);
	return 0;
}

static int take_ini(struct ini *ini, struct vz_err *err)
{
	int rc = vz_ini_read(ini->f->text, ini->f->len, ini->f->path, take_common, ini, err);

	if (rc == 0)
		rc = check_names(ini, err);
	if (rc == 0)
		rc = vz_ini_read(ini->f->text, ini->f->len, ini->f->path, take_rest, ini, err);
	if (rc == 0)
		rc = put_in_order(ini, err);
	for (size_t i = 0; i < ini->n_order; i++)
		free(ini->order[i]);
	free(ini->order);
	vz_table_release(&ini->seen);
	vz_table_release(&ini->rest.seen);
	return rc;
}

static int look_for_kind(void *ctx, const struct vz_ini_line *l, struct vz_err *err)
{
	(void)err;
	if (l->key && strcmp(l->section, "template") == 0 && strcmp(l->key, "kind") == 0)
		*(bool *)ctx = strcmp(l->value, "app") == 0;
	return 0;
}

bool vz_ez_is_app(const struct vz_ez_reading *in)
{
	const struct vz_ez_file *f = vz_ez_file(in->ez, "vzpkg.ini", false);
	struct vz_err later;             /* what is wrong with it is said when it is taken */
	bool app = in->ez->app;

	if (f && !app)
		vz_ini_read(f->text, f->len, f->path, look_for_kind, &app, &later);
	return app;
}

int vz_ez_take_ini(struct vz_ez_reading *in, struct vz_err *err)
{
	for (int inherited = 1; inherited >= 0; inherited--) {
		struct ini ini = {
			.in = in, .f = vz_ez_file(in->ez, "vzpkg.ini", inherited),
			.first = inherited ? 0 : in->n_inherited, .end = inherited ? in->n_inherited : in->n_listed,
		};

		if (!ini.f)
			continue;
		ini.rest = (struct vz_recipe_reading){ .r = in->r, .path = ini.f->path, .family = in->family };
		if (take_ini(&ini, err) < 0)
			return -1;
	}
	return 0;
}
