/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [health] of a recipe, and the commands in it. */
#include "resolver/recipe_keys.h"

#include <string.h>

#define MAX_CHECKS 64
#define MAX_TIMEOUT 3600

static int set_check(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe_health *h = &in->r->health;
	auto_texts struct vz_texts words = {0};

	if (!*l->value)
		return 0;
	if (vz_recipe_command(l->value, &words, err) < 0)
		return vz_recipe_at(in, l, err);
	vz_recipe_add(&h->checks, &h->n_checks, l->value, strlen(l->value));
	if (h->n_checks > MAX_CHECKS)
		return vz_recipe_bad(in, l, err, "more than %d checks", MAX_CHECKS);
	return 0;
}

static int set_timeout(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	unsigned v = 0;
	struct vz_err ignored;

	if (vz_recipe_number(in, l, MAX_TIMEOUT, &v, &ignored) < 0 || !v)
		return vz_recipe_bad(in, l, err, "timeout '%s', expected seconds from 1 to %d", l->value, MAX_TIMEOUT);
	in->r->health.timeout = v;
	return 0;
}

const struct vz_recipe_key vz_recipe_health_keys[] = {
	{ "check", VZ_KEY_LINES, set_check },
	{ "timeout", 0, set_timeout },
	{0}
};

/* The word at `*p`, which moves behind it; NULL: a quotation mark lacks its other. */
static char *take_word(const char **p)
{
	auto_buf struct vz_buf word = {0};
	char mark = 0;

	for (; **p && (mark || !strchr(" \t", **p)); ++*p) {
		if (**p == mark)
			mark = 0;
		else if (!mark && strchr("\"'", **p))
			mark = **p;
		else
			vz_buf_putc(&word, **p);
	}
	return mark ? NULL : vz_buf_steal(&word);
}

int vz_recipe_command(const char *line, struct vz_texts *ret, struct vz_err *err)
{
	auto_texts struct vz_texts words = {0};
	const char *p = line;

	while (*(p += strspn(p, " \t"))) {
		auto_free char *word = take_word(&p);

		if (!word) {
			vz_err_set(err, VZ_USAGE, "command '%s' has a quotation mark without its other", line);
			return vz_err_hint(err, "white space and ';' begin a comment, also between quotation marks");
		}
		vz_texts_add(&words, word);
	}
	if (!words.n || !*words.v[0])
		return vz_err_set(err, VZ_USAGE, "command '%s' names no program", line);
	*ret = words;
	words = (struct vz_texts){0};
	return 0;
}
