/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "builder/inside.h"
#include "builder/trial.h"
#include "resolver/recipe.h"

#define LAST_WORDS 300

void vz_checks_release(struct vz_checks *c)
{
	vz_texts_release(&c->commands);
}

static int add_checks(struct vz_store *s, const char *ref, struct vz_checks *c, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *r = NULL;

	if (vz_manifest_read(s, ref, &m, err) < 0)
		return -1;
	r = vz_recipe_parse(m.recipe, strlen(m.recipe), m.recipe_path ? m.recipe_path : m.name, err);
	if (!r)
		return vz_err_wrap(err, "the recipe of template '%s'", ref);
	for (size_t i = 0; i < r->health.n_checks; i++)
		vz_texts_add(&c->commands, r->health.checks[i]);
	if (r->health.n_checks && r->health.timeout > c->seconds)
		c->seconds = r->health.timeout;
	return 0;
}

int vz_checks_of(struct vz_store *s, const struct vz_composition *c, struct vz_checks *ret, struct vz_err *err)
{
	auto_free char *os = vz_printf("%s@%u", c->template_name, c->template_version);
	auto_checks struct vz_checks checks = {0};

	if (add_checks(s, os, &checks, err) < 0)
		return -1;
	for (size_t i = 0; i < c->apps.n; i++)
		if (add_checks(s, c->apps.v[i], &checks, err) < 0)
			return -1;
	*ret = checks;
	checks = (struct vz_checks){0};
	return 0;
}

/* The end of what it printed, as one line. */
static void add_last_words(const struct vz_buf *said, struct vz_buf *ret)
{
	size_t len = said->len, start;

	while (len > 0 && strchr("\n\r \t", said->data[len - 1]))
		len--;
	if (!len)
		return;
	start = len > LAST_WORDS ? len - LAST_WORDS : 0;
	vz_buf_puts(ret, start ? ": ... " : ": ");
	for (size_t i = start; i < len; i++)
		vz_buf_putc(ret, said->data[i] == '\n' ? ' ' : said->data[i] ? said->data[i] : '?');
}

/* Is it well? Else `ret` says how it is not. */
static bool ask(struct vz_store *s, const char *env, const char *command, unsigned seconds, struct vz_buf *ret)
{
	auto_texts struct vz_texts words = {0};
	auto_free const char **argv = NULL;
	auto_buf struct vz_buf said = {0};
	struct vz_err err = {0};
	int status = 0;

	if (vz_recipe_command(command, &words, &err) < 0) {
		vz_buf_puts(ret, err.msg);
		return false;
	}
	argv = vz_alloc((words.n + 1) * sizeof *argv);
	for (size_t i = 0; i < words.n; i++)
		argv[i] = words.v[i];
	if (vz_inside_run(s, &(struct vz_inside){ env, argv, seconds }, &status, &said, &err) < 0) {
		vz_buf_puts(ret, err.msg);
		return false;
	}
	if (!status)
		return true;
	vz_buf_printf(ret, "it ended with %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	add_last_words(&said, ret);
	return false;
}

int vz_checks_ask(struct vz_store *s, const struct vz_checks *c, const char *env, char **ret_check, char **ret_words)
{
	for (size_t i = 0; i < c->commands.n; i++) {
		auto_buf struct vz_buf words = {0};

		if (ask(s, env, c->commands.v[i], c->seconds, &words))
			continue;
		*ret_check = vz_strdup(c->commands.v[i]);
		*ret_words = vz_buf_steal(&words);
		return 0;
	}
	return 1;
}
