/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/recipe_keys.h"

#include <stdarg.h>
#include <string.h>

#include "base/path.h"

#define MAX_SUMMARY 160

enum { VZ_SECTION_ALONE = 1, VZ_SECTION_NAMED = 2 };

struct vz_recipe_section {
	const char *name;
	unsigned form;
	const struct vz_recipe_key *keys;
	int (*begin)(struct vz_recipe_reading *in, const char *name, const struct vz_ini_line *l, struct vz_err *err);
};

int vz_recipe_bad(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vz_vprintf(fmt, ap);
	va_end(ap);
	return vz_err_set(err, VZ_USAGE, "%s:%u: %s", in->path, l->line, text);
}

int vz_recipe_bad_word(const struct vz_recipe_reading *in, const struct vz_ini_line *l, const char *what, const char *word,
		    const char *const *words, struct vz_err *err)
{
	const char *near = vz_recipe_nearest(word, words);
	auto_free char *expected = vz_recipe_words(words);

	vz_recipe_bad(in, l, err, "%s '%s', expected %s", what, word, expected);
	return near ? vz_err_hint(err, "did you mean '%s'?", near) : -1;
}

void vz_recipe_replace(char **p, const char *value)
{
	free(*p);
	*p = vz_strdup(value);
}

int vz_recipe_at(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	err->code = VZ_USAGE;
	return vz_err_wrap(err, "%s:%u", in->path, l->line);
}

static int begin_alone(struct vz_recipe_reading *in, const char *name, const struct vz_ini_line *l, struct vz_err *err)
{
	(void)in, (void)name, (void)l, (void)err;
	return 0;
}

/* [template] */

static int set_name(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (!vz_name_is_sane(l->value))
		return vz_recipe_bad(in, l, err, "template name '%s', expected letters, digits, '.', '_' and '-', beginning with a letter or digit",
			   l->value);
	vz_recipe_replace(&in->r->name, l->value);
	return 0;
}

int vz_recipe_check_word(struct vz_recipe_reading *in, const struct vz_ini_line *l, const char *const *words, struct vz_err *err)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(l->value, words[i]) == 0)
			return 0;
	return vz_recipe_bad_word(in, l, l->key, l->value, words, err);
}

static int set_kind(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const kinds[] = { "os", "app", NULL };

	if (vz_recipe_check_word(in, l, kinds, err) < 0)
		return -1;
	vz_recipe_replace(&in->r->kind, l->value);
	return 0;
}

static int set_summary(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	const char *old = l->continued && in->r->summary ? in->r->summary : "";
	char *whole = vz_printf("%s%s%s", old, *old ? " " : "", l->value);

	free(in->r->summary);
	in->r->summary = whole;
	if (strlen(whole) > MAX_SUMMARY)
		return vz_recipe_bad(in, l, err, "summary of %zu bytes, expected at most %d", strlen(whole), MAX_SUMMARY);
	return 0;
}

static int set_arch(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (vz_recipe_check_word(in, l, vz_recipe_archs, err) < 0)
		return -1;
	vz_recipe_replace(&in->r->arch, l->value);
	return 0;
}

static int set_releasever(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (!vz_name_is_sane(l->value))
		return vz_recipe_bad(in, l, err, "releasever '%s', expected a release number or name", l->value);
	vz_recipe_replace(&in->r->releasever, l->value);
	return 0;
}

int vz_recipe_number(struct vz_recipe_reading *in, const struct vz_ini_line *l, unsigned max, unsigned *ret, struct vz_err *err)
{
	unsigned v = 0;
	const char *p = l->value;

	for (; *p >= '0' && *p <= '9' && v <= max; p++)
		v = 10 * v + (unsigned)(*p - '0');
	if (p == l->value || *p || v > max)
		return vz_recipe_bad(in, l, err, "%s '%s', expected a number from 0 to %u", l->key, l->value, max);
	*ret = v;
	return 0;
}

static int set_keep(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	return vz_recipe_number(in, l, VZ_RECIPE_KEEP_MAX, &in->r->keep, err);
}

static int set_auto(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	in->r->automatic = VZ_AUTO_NO;
	if (vz_recipe_check_word(in, l, vz_recipe_autos, err) < 0)
		return -1;
	while (strcmp(vz_recipe_autos[in->r->automatic - VZ_AUTO_NO], l->value) != 0)
		in->r->automatic++;
	return 0;
}

static int set_include(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	(void)in, (void)l, (void)err;       /* recipe.c has read that file before */
	return 0;
}

/* [packages], [packages GLOB] */

static struct vz_recipe_packages *packages_of(struct vz_recipe_reading *in)
{
	return &in->r->packages[in->target];
}

static int begin_packages(struct vz_recipe_reading *in, const char *name, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe *r = in->r;

	if (strpbrk(name, " \t/"))
		return vz_recipe_bad(in, l, err, "pattern '%s', expected one pattern for names of OS templates", name);
	for (in->target = 0; in->target < r->n_packages; in->target++) {
		const char *glob = packages_of(in)->template_glob;

		if (strcmp(glob ? glob : "", name) == 0)
			return 0;
	}
	r->packages = vz_realloc(r->packages, r->n_packages + 1, sizeof *r->packages);
	r->packages[r->n_packages++] =
		(struct vz_recipe_packages){ .template_glob = *name ? vz_strdup(name) : NULL, .recommends = -1 };
	return 0;
}

static int set_install(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe_packages *to = packages_of(in);
	auto_free char *value = vz_recipe_glued(l->value);
	const char *word, *p = value;
	bool install = strcmp(l->key, "install") == 0;
	size_t len;

	while ((word = vz_recipe_word(&p, &len))) {
		auto_free char *item = vz_strndup(word, len);

		if (!vz_recipe_package_ok(item, in->family) || (!install && strpbrk(item, "<=>")))
			return vz_recipe_bad(in, l, err, "package '%s', expected names separated by white space%s", item,
				   install ? ", each NAME or NAME = VERSION" : "");
		if (install)
			vz_recipe_add(&to->install, &to->n_install, word, len);
		else
			vz_recipe_add(&to->exclude, &to->n_exclude, word, len);
	}
	return 0;
}

static int set_recommends(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const answers[] = { "yes", "no", NULL };

	if (vz_recipe_check_word(in, l, answers, err) < 0)
		return -1;
	packages_of(in)->recommends = *l->value == 'y';
	return 0;
}

/* [scripts] */

static int set_script(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe *r = in->r;
	auto_free char *path = vz_recipe_beside(in->path, l->value);
	auto_buf struct vz_buf text = {0};
	size_t i;

	if (!*l->value)
		return vz_recipe_bad(in, l, err, "empty %s, expected the path of a script", l->key);
	if (vz_recipe_load(path, &text, err) < 0)
		return vz_recipe_at(in, l, err);
	if (text.len < 3 || memcmp(text.data, "#!", 2) != 0)
		return vz_recipe_bad(in, l, err, "script '%s' does not begin with #!, expected a line such as #!/bin/sh first", l->value);
	for (i = 0; i < r->n_scripts && strcmp(r->scripts[i].when, l->key) != 0; i++)
		;
	if (i == r->n_scripts) {
		r->scripts = vz_realloc(r->scripts, i + 1, sizeof *r->scripts);
		r->scripts[r->n_scripts++] = (struct vz_recipe_script){ .when = vz_strdup(l->key) };
	}
	vz_recipe_replace(&r->scripts[i].name, l->value);
	free(r->scripts[i].text);
	r->scripts[i].len = text.len;
	r->scripts[i].text = vz_buf_steal(&text);
	return 0;
}

static const struct vz_recipe_key template_keys[] = {
	{ "name", 0, set_name },
	{ "kind", 0, set_kind },
	{ "summary", VZ_KEY_LINES, set_summary },
	{ "arch", 0, set_arch },
	{ "releasever", 0, set_releasever },
	{ "keep", 0, set_keep },
	{ "auto", 0, set_auto },
	{ "include", VZ_KEY_LINES, set_include },
	{0}
};

static const struct vz_recipe_key packages_keys[] = {
	{ "install", VZ_KEY_LINES, set_install },
	{ "exclude", VZ_KEY_LINES, set_install },
	{ "recommends", 0, set_recommends },
	{0}
};

static const struct vz_recipe_key scripts_keys[] = {
	{ "post-cache", 0, set_script },
	{ "post-install", 0, set_script },
	{0}
};

static const struct vz_recipe_section sections[] = {
	{ "template", VZ_SECTION_ALONE, template_keys, begin_alone },
	{ "repository", VZ_SECTION_NAMED, vz_recipe_repository_keys, vz_recipe_begin_repository },
	{ "packages", VZ_SECTION_NAMED | VZ_SECTION_ALONE, packages_keys, begin_packages },
	{ "scripts", VZ_SECTION_ALONE, scripts_keys, begin_alone },
	{ "health", VZ_SECTION_ALONE, vz_recipe_health_keys, begin_alone },
};

#define N_SECTIONS (sizeof sections / sizeof *sections)

static int take_section(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const names[] = { "template", "repository", "packages", "scripts", "health", NULL };
	size_t len = strcspn(l->section, " \t");
	auto_free char *kind = vz_strndup(l->section, len), *name = NULL, *whole = NULL;
	const char *rest = l->section + len + strspn(l->section + len, " \t");

	in->section = NULL;
	for (size_t i = 0; i < N_SECTIONS; i++)
		if (strcmp(sections[i].name, kind) == 0)
			in->section = &sections[i];
	if (!in->section)
		return vz_recipe_bad_word(in, l, "section", kind, names, err);
	name = vz_strndup(rest, strlen(rest));
	for (len = strlen(name); len && strchr(" \t", name[len - 1]); len--)
		name[len - 1] = 0;
	if (*name && !(in->section->form & VZ_SECTION_NAMED))
		return vz_recipe_bad(in, l, err, "section '%s', expected [%s]", l->section, kind);
	if (!*name && !(in->section->form & VZ_SECTION_ALONE))
		return vz_recipe_bad(in, l, err, "section '%s', expected [%s NAME]", l->section, kind);
	whole = vz_printf("[%s %s]", kind, name);
	if (vz_table_has(&in->seen, whole))
		return vz_recipe_bad(in, l, err, "section [%s] twice, expected all its keys in one place", l->section);
	vz_table_put(&in->seen, whole, in);
	return in->section->begin(in, name, l, err);
}

static int bad_key(const struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	auto_free char *what = vz_printf("in [%s]: unknown key", l->section);
	auto_free const char **names = NULL;
	size_t n = 0;

	while (in->section->keys[n].name)
		n++;
	names = vz_alloc((n + 1) * sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = in->section->keys[i].name;
	return vz_recipe_bad_word(in, l, what, l->key, names, err);
}

int vz_recipe_take(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	const struct vz_recipe_key *k;
	auto_free char *whole = NULL;

	if (!l->key)
		return take_section(in, l, err);
	if (!in->section)
		return vz_recipe_bad(in, l, err, "key '%s' before any section, expected [template] first", l->key);
	for (k = in->section->keys; k->name && strcmp(k->name, l->key) != 0; k++)
		;
	if (!k->name)
		return bad_key(in, l, err);
	if (l->continued && !(k->flags & VZ_KEY_LINES))
		return vz_recipe_bad(in, l, err, "indented line behind '%s', which takes one value; expected a key in the first column",
			   l->key);
	whole = vz_printf("[%s] %s", l->section, l->key);
	if (!l->continued && vz_table_has(&in->seen, whole))
		return vz_recipe_bad(in, l, err, "key '%s' twice in [%s], expected it once", l->key, l->section);
	vz_table_put(&in->seen, whole, in);
	return k->set(in, l, err);
}
