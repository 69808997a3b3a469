/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/recipe_ez_repo.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "config.h"
#include "resolver/ini.h"
#include "resolver/url.h"

void vz_ez_reading_release(struct vz_ez_reading *in)
{
	free(in->map.path);
	free(in->map.text);
}

/* The first map that exists. */
static int find_map(struct vz_ez_reading *in, struct vz_err *err)
{
	const struct vz_ez_file *own = vz_ez_file(in->ez, "url.map", false);
	auto_free char *area = vz_printf("%s/conf/vztt/url.map", in->ez->area ? in->ez->area : "");
	const char *const others[] = { in->ez->area ? area : NULL, VZ_CONF_DIR "/url.map" };

	if (own) {
		in->map.path = vz_strdup(own->path);
		in->map.text = vz_memdup(own->text, own->len);
		in->map.len = own->len;
		return 0;
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		auto_buf struct vz_buf text = {0};

		if (!others[i] || access(others[i], F_OK) != 0)
			continue;
		if (vz_recipe_load(others[i], &text, err) < 0 || vz_ini_check(text.data, text.len, others[i], err) < 0)
			return -1;
		in->map.path = vz_strdup(others[i]);
		in->map.len = text.len;
		in->map.text = vz_buf_steal(&text);
		return 0;
	}
	return 0;
}

/* One replacement, the first that fits. */
static char *mapped(struct vz_ez_reading *in, const char *word)
{
	const char *p = in->map.text;
	unsigned line = 0;
	char *text;

	while (in->map.text && vz_ez_line(&in->map, &p, &line, &text)) {
		auto_free char *entry = text;
		size_t len = strcspn(entry, " \t");
		const char *to = entry + len + strspn(entry + len, " \t"), *at;
		auto_free char *from = vz_strndup(entry, len);

		at = *to && len ? strstr(word, from) : NULL;
		if (at)
			return vz_printf("%.*s%s%s", (int)(at - word), word, to, at + len);
	}
	return vz_strdup(word);
}

/* yum's variables as ours; each may stand anywhere, in any case. */
static int expand(struct vz_ez_reading *in, const struct vz_recipe_repo *repo, const char *word, char **ret, struct vz_err *err)
{
	const char *base = in->r->arch && strcmp(in->r->arch, "i686") == 0 ? "i386" : "${arch}";
	const struct { const char *name, *to; } variables[] = {
		{ "releasever", "${releasever}" }, { "basearch", base }, { "arch", "${arch}" },
	};
	auto_free char *url = mapped(in, word);
	auto_buf struct vz_buf b = {0};

	for (const char *p = url, *next; *p; p = next) {
		size_t i = 0;

		next = p + 1;
		for (; *p == '$' && i < sizeof variables / sizeof *variables; i++)
			if (strncasecmp(p + 1, variables[i].name, strlen(variables[i].name)) == 0)
				break;
		if (*p != '$') {
			vz_buf_putc(&b, *p);
		} else if (i < sizeof variables / sizeof *variables) {
			vz_buf_puts(&b, variables[i].to);
			next += strlen(variables[i].name);
		} else {
			int len = (int)strcspn(p + 1, "/?&=:$ ") + 1;

			vz_err_set(err, VZ_USAGE, "%s:%u: '%.*s' is not known", repo->file, repo->line, len, p);
			return vz_err_hint(err, "write a line '%.*s URL' into %s/url.map or " VZ_CONF_DIR "/url.map", len, p,
					   in->ez->dir);
		}
	}
	*ret = vz_buf_steal(&b);
	return 0;
}

static int add_url(struct vz_ez_reading *in, struct vz_recipe_repo *repo, const char *prefix, const char *word, size_t len,
		   struct vz_err *err)
{
	auto_free char *raw = vz_strndup(word, len), *expanded = NULL, *url = NULL;

	if (expand(in, repo, raw, &expanded, err) < 0)
		return -1;
	/* as yum has it */
	if (*prefix && strstr(expanded, "metalink"))
		prefix = "metalink+";
	url = vz_printf("%s%s", prefix, expanded);
	if (!strchr(url, '$') && !vz_recipe_url_ok(url)) {
		auto_free char *public = vz_url_public(url);

		return vz_err_set(err, VZ_USAGE, "%s:%u: url '%s', expected an http, https, ftp or file URL", repo->file, repo->line,
				  public);
	}
	vz_recipe_add(&repo->urls, &repo->n_urls, url, strlen(url));
	return 0;
}

/* URL SUITE COMPONENT…, with or without the word deb before it. */
static int take_deb_line(struct vz_ez_reading *in, struct vz_recipe_repo *repo, const char *text, struct vz_err *err)
{
	const char *p = text, *word;
	size_t len, n = 0;

	while ((word = vz_recipe_word(&p, &len))) {
		auto_free char *s = vz_strndup(word, len);

		if (!n && strcmp(s, "deb") == 0)
			continue;
		if (n == 0 && add_url(in, repo, "", word, len, err) < 0)
			return -1;
		if (n && !vz_recipe_suite_ok(s))
			return vz_err_set(err, VZ_USAGE, "%s:%u: '%s', expected a suite and components by name", repo->file,
					  repo->line, s);
		if (n == 1)
			repo->suite = steal(&s);
		else if (n > 1)
			vz_recipe_add(&repo->components, &repo->n_components, word, len);
		n++;
	}
	if (!repo->n_components)
		return vz_err_set(err, VZ_USAGE, "%s:%u: '%s', expected URL SUITE COMPONENT", repo->file, repo->line, text);
	return 0;
}

static int take_list(struct vz_ez_reading *in, const struct vz_ez_file *f, const char *prefix, unsigned *number,
		     struct vz_err *err)
{
	const struct vz_ez *ez = in->ez;
	const char *of = ez->app && (f->inherited || !ez->set) ? ez->app : f->inherited || !ez->set ? "base" : ez->set;
	struct vz_recipe *r = in->r;
	const char *p = f->text, *q, *word;
	unsigned line = 0;
	size_t len;
	char *text;

	while (vz_ez_line(f, &p, &line, &text)) {
		auto_free char *owned = text;
		struct vz_recipe_repo *repo;
		int rc = 0;

		if (in->family == VZ_FAMILY_UNKNOWN)
			return vz_err_set(err, VZ_USAGE, "%s:%u: a repository, but no package manager says of what family",
					  f->path, line);
		if (in->family == VZ_FAMILY_DEB && *prefix)
			return vz_err_set(err, VZ_USAGE, "%s:%u: a list of mirrors, but the packages are of type deb, expected lines "
					  "URL SUITE COMPONENT in 'repositories'", f->path, line);
		r->repos = vz_realloc(r->repos, r->n_repos + 1, sizeof *r->repos);
		repo = &r->repos[r->n_repos++];
		*repo = (struct vz_recipe_repo){
			.id = vz_printf("%s%u", of, (*number)++), .type = vz_strdup(in->family == VZ_FAMILY_DEB ? "deb" : "rpm"),
			.priority = 50, .file = vz_strdup(f->path), .line = line };
		if (in->family == VZ_FAMILY_DEB)
			rc = take_deb_line(in, repo, owned, err);
		for (q = owned; in->family == VZ_FAMILY_RPM && rc == 0 && (word = vz_recipe_word(&q, &len));)
			rc = add_url(in, repo, prefix, word, len, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int vz_ez_take_repositories(struct vz_ez_reading *in, struct vz_err *err)
{
	static const struct { const char *name, *prefix; } lists[] = {
		{ "repositories", "" }, { "zypp_repositories", "" }, { "mirrorlist", "mirrorlist+" },
	};

	if (find_map(in, err) < 0)
		return -1;
	for (int inherited = 1; inherited >= 0; inherited--) {
		unsigned number = 0;

		for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
			const struct vz_ez_file *f = vz_ez_file(in->ez, lists[i].name, inherited);

			if (f && take_list(in, f, lists[i].prefix, &number, err) < 0)
				return -1;
		}
		if (inherited)
			in->n_inherited = in->r->n_repos;
	}
	in->n_listed = in->r->n_repos;
	return 0;
}
