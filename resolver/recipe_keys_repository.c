/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [repository ID] of a recipe. */
#include "resolver/recipe_keys.h"

#include <string.h>

#include "base/path.h"
#include "resolver/keyring.h"
#include "resolver/url.h"

static struct vz_recipe_repo *repo_of(struct vz_recipe_reading *in)
{
	return &in->r->repos[in->target];
}

int vz_recipe_begin_repository(struct vz_recipe_reading *in, const char *name, const struct vz_ini_line *l, struct vz_err *err)
{
	struct vz_recipe *r = in->r;

	if (!vz_name_is_sane(name))
		return vz_recipe_bad(in, l, err, "repository name '%s', expected letters, digits, '.', '_' and '-'", name);
	for (in->target = 0; in->target < r->n_repos; in->target++)
		if (strcmp(repo_of(in)->id, name) == 0)
			break;
	if (in->target == r->n_repos) {
		r->repos = vz_realloc(r->repos, r->n_repos + 1, sizeof *r->repos);
		r->repos[r->n_repos++] = (struct vz_recipe_repo){ .id = vz_strdup(name), .priority = 50 };
	}
	vz_recipe_replace(&repo_of(in)->file, in->path);
	repo_of(in)->line = l->line;
	return 0;
}

static int check_variables(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	auto_free char *unknown = vz_recipe_unknown_variable(l->value);

	return unknown ? vz_recipe_bad(in, l, err, "variable '%s', expected ${arch} or ${releasever}", unknown) : 0;
}

static int set_type(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const types[] = { "deb", "rpm", NULL };

	if (vz_recipe_check_word(in, l, types, err) < 0)
		return -1;
	vz_recipe_replace(&repo_of(in)->type, l->value);
	return 0;
}

static int set_url(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	const char *word, *p = l->value;
	size_t len;

	if (check_variables(in, l, err) < 0)
		return -1;
	while ((word = vz_recipe_word(&p, &len))) {
		auto_free char *said = vz_strndup(word, len), *file = vz_url_of_path(said);
		const char *url = file ? file : said;

		if (!strchr(url, '$') && !vz_recipe_url_ok(url)) {
			auto_free char *public = vz_url_public(said);

			return vz_recipe_bad(in, l, err, "url '%s', expected an http, https, ftp or file URL, an absolute path, "
				   "mirror:NAME, metalink+URL or mirrorlist+URL", public);
		}
		vz_recipe_add(&repo_of(in)->urls, &repo_of(in)->n_urls, url, strlen(url));
	}
	return 0;
}

static int set_suite(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (check_variables(in, l, err) < 0)
		return -1;
	if (!strchr(l->value, '$') && !vz_recipe_suite_ok(l->value))
		return vz_recipe_bad(in, l, err, "suite '%s', expected a codename such as bookworm", l->value);
	vz_recipe_replace(&repo_of(in)->suite, l->value);
	return 0;
}

/* Adds words that are `ok`, or will be once their variables are known. */
static int add_words(struct vz_recipe_reading *in, const struct vz_ini_line *l, bool (*ok)(const char *), const char *expected,
		     char ***list, size_t *n, struct vz_err *err)
{
	const char *word, *p = l->value;
	size_t len;

	if (check_variables(in, l, err) < 0)
		return -1;
	while ((word = vz_recipe_word(&p, &len))) {
		auto_free char *item = vz_strndup(word, len);

		if (!strchr(item, '$') && !ok(item))
			return vz_recipe_bad(in, l, err, "%.*s '%s', expected %s", (int)strlen(l->key) - 1, l->key, item, expected);
		vz_recipe_add(list, n, word, len);
	}
	return 0;
}

static int set_components(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	return add_words(in, l, vz_recipe_suite_ok, "a name such as main", &repo_of(in)->components, &repo_of(in)->n_components, err);
}

static int set_modules(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	return add_words(in, l, vz_recipe_module_ok, "NAME:STREAM or default", &repo_of(in)->modules, &repo_of(in)->n_modules, err);
}

static int set_key(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (check_variables(in, l, err) < 0)
		return -1;
	if (!*l->value)
		return vz_recipe_bad(in, l, err, "empty key, expected the path of a keyring");
	free(repo_of(in)->key);
	repo_of(in)->key = vz_recipe_beside(in->path, l->value);
	return 0;
}

static int set_key_from(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (check_variables(in, l, err) < 0)
		return -1;
	if (!strchr(l->value, '$') && !vz_url_is_sane(l->value))
		return vz_recipe_bad(in, l, err, "key-from '%s', expected a URL", l->value);
	vz_recipe_replace(&repo_of(in)->key_from, l->value);
	return 0;
}

/* One a line: people write them in groups of four digits. */
static int set_fingerprint(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	auto_free char *hex = vz_keyring_fingerprint(l->value);

	if (!hex && !*l->value)
		return 0;
	if (!hex)
		return vz_recipe_bad(in, l, err, "fingerprint '%s', expected the 40 hex digits of a whole one", l->value);
	vz_recipe_add(&repo_of(in)->fingerprints, &repo_of(in)->n_fingerprints, hex, strlen(hex));
	return 0;
}

static int set_trust(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const trusts[] = { "signed", "packages", "metadata", "both", "unsigned", NULL };
	struct vz_recipe_repo *repo = repo_of(in);

	if (vz_recipe_check_word(in, l, trusts, err) < 0)
		return -1;
	repo->unsigned_ok = *l->value == 'u';
	repo->trust = *l->value == 'p' ? VZ_TRUST_PACKAGES : *l->value == 'm' ? VZ_TRUST_METADATA :
		      *l->value == 'b' ? VZ_TRUST_BOTH : VZ_TRUST_SIGNED;
	return 0;
}

static int set_sources(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	if (check_variables(in, l, err) < 0)
		return -1;
	if (!strchr(l->value, '$') && !vz_recipe_sources_ok(l->value)) {
		auto_free char *public = vz_url_public(l->value);

		return vz_recipe_bad(in, l, err, "sources '%s', expected an http, https, ftp or file URL, or no", public);
	}
	vz_recipe_replace(&repo_of(in)->sources, l->value);
	return 0;
}

static int set_valid_until(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	static const char *const words[] = { "honour", "ignore", NULL };

	if (vz_recipe_check_word(in, l, words, err) < 0)
		return -1;
	repo_of(in)->outlived = *l->value == 'i';
	return 0;
}

static int set_priority(struct vz_recipe_reading *in, const struct vz_ini_line *l, struct vz_err *err)
{
	unsigned v;

	if (vz_recipe_number(in, l, 999, &v, err) < 0)
		return -1;
	repo_of(in)->priority = (int)v;
	return 0;
}

const struct vz_recipe_key vz_recipe_repository_keys[] = {
	{ "type", 0, set_type },
	{ "url", VZ_KEY_LINES, set_url },
	{ "suite", 0, set_suite },
	{ "components", VZ_KEY_LINES, set_components },
	{ "key", 0, set_key },
	{ "key-from", 0, set_key_from },
	{ "fingerprint", VZ_KEY_LINES, set_fingerprint },
	{ "trust", 0, set_trust },
	{ "priority", 0, set_priority },
	{ "sources", 0, set_sources },
	{ "valid-until", 0, set_valid_until },
	{ "modules", VZ_KEY_LINES, set_modules },
	{0}
};
