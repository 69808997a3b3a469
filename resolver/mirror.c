/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/mirror.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "resolver/url.h"
#include "shim/apt.h"

#define LIST_LIMIT (256 * 1024)
#define HOST_APT "host-apt"

void vz_mirrors_release(struct vz_mirrors *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->urls[i]);
	free(m->urls);
	*m = (struct vz_mirrors){0};
}

static void add(struct vz_mirrors *m, const char *url, size_t len)
{
	while (len && url[len - 1] == '/')
		len--;
	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->urls[i]) == len && memcmp(m->urls[i], url, len) == 0)
			return;
	m->urls = vz_realloc(m->urls, m->n + 1, sizeof *m->urls);
	m->urls[m->n++] = vz_strndup(url, len);
}

void vz_mirrors_add(struct vz_mirrors *m, const char *url)
{
	add(m, url, strlen(url));
}

static bool is_base(const char *url)
{
	return vz_url_is_sane(url) && !strpbrk(url, "?#");
}

int vz_mirrors_parse(const char *text, size_t len, const char *what, struct vz_mirrors *ret, struct vz_err *err)
{
	auto_mirrors struct vz_mirrors m = {0};
	const char *end = text + len, *next;
	unsigned line = 1;

	for (const char *p = text; p < end; p = next, line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, *comment;
		auto_free char *word = NULL, *file = NULL;

		next = nl ? nl + 1 : end;
		comment = memchr(p, '#', (size_t)(stop - p));
		stop = comment ? comment : stop;
		while (p < stop && strchr(" \t\r", *p))
			p++;
		while (p < stop && strchr(" \t\r", stop[-1]))
			stop--;
		if (p == stop)
			continue;
		word = vz_strndup(p, (size_t)(stop - p));
		file = vz_url_of_path(word);
		if (strlen(word) != (size_t)(stop - p) ||
		    (!is_base(file ? file : word) && strcmp(word, HOST_APT) != 0)) {
			auto_free char *public = vz_url_public(word);

			return vz_err_set(err, VZ_USAGE, "%s:%u: mirror '%s', expected an http, https, ftp or file URL, an absolute "
					  "path or %s", what, line, public, HOST_APT);
		}
		add(&m, file ? file : word, strlen(file ? file : word));
	}
	*ret = m;
	m = (struct vz_mirrors){0};
	return 0;
}

/* What apt can fetch from and we cannot (cdrom:, mirror+file:, …) is left out. */
static int add_host(struct vz_mirrors *m, const char *name, struct vz_err *err)
{
	char **uris = vz_apt_host_uris(name, err);

	if (!uris)
		return vz_err_wrap(err, "mirrors of '%s' in the host's apt configuration", name);
	for (size_t i = 0; uris[i]; i++)
		if (is_base(uris[i]))
			add(m, uris[i], strlen(uris[i]));
	vz_apt_uris_free(uris);
	return 0;
}

/* Reads the first list of that name; VZ_NOTFOUND if there is none. */
static int read_list(const char *name, const char *const *dirs, struct vz_mirrors *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, searched = {0};
	auto_free char *path = NULL;

	for (; *dirs; dirs++) {
		free(path);
		path = vz_printf("%s/%s", *dirs, name);
		if (vz_read_file(AT_FDCWD, path, LIST_LIMIT, &text, err) == 0)
			break;
		if (err->code != VZ_NOTFOUND)
			return -1;
		vz_buf_printf(&searched, "%s%s", searched.len ? ", " : "", *dirs);
	}
	if (!*dirs) {
		vz_err_set(err, VZ_NOTFOUND, "no mirror list '%s' in %s", name, searched.len ? searched.data : "any directory");
		return vz_err_hint(err, "write URLs, one a line, into '%s/%s'", VZ_CONF_DIR "/mirrors", name);
	}
	return vz_mirrors_parse(text.data ? text.data : "", text.len, path, ret, err);
}

static int add_list(struct vz_mirrors *m, const char *name, const char *const *dirs, struct vz_err *err)
{
	auto_mirrors struct vz_mirrors list = {0};

	if (read_list(name, dirs, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.urls[i], HOST_APT) != 0)
			add(m, list.urls[i], strlen(list.urls[i]));
		else if (add_host(m, name, err) < 0)
			return -1;
	}
	return 0;
}

/* Where lists of this repository's recipe are looked for; this host's own among them if `host`. To be freed, as
 * `ret_beside`. */
static const char **list_dirs(const struct vz_recipe_repo *repo, const char *const *dirs, bool host, char **ret_beside)
{
	const char *slash = repo->file ? strrchr(repo->file, '/') : NULL;
	const char **all;
	size_t n = 0;

	while (dirs && dirs[n])
		n++;
	all = vz_alloc((n + 4) * sizeof *all);
	if (n)
		memcpy(all, dirs, n * sizeof *all);
	*ret_beside = vz_printf("%.*smirrors", slash ? (int)(slash - repo->file) + 1 : 0, repo->file ? repo->file : "");
	if (host)
		all[n++] = VZ_CONF_DIR "/mirrors";
	all[n++] = *ret_beside;
	all[n++] = VZ_RECIPES_DIR "/mirrors";
	return all;
}

static const char *list_name(const char *url)
{
	return strncmp(url, "mirror:", 7) == 0 && vz_name_is_sane(url + 7) ? url + 7 : NULL;
}

int vz_mirrors_expand(const struct vz_recipe_repo *repo, const char *const *dirs, struct vz_mirrors *ret,
		      struct vz_err *err)
{
	auto_free char *beside = NULL;
	auto_free const char **all = list_dirs(repo, dirs, true, &beside);
	auto_mirrors struct vz_mirrors m = {0};

	for (size_t i = 0; i < repo->n_urls; i++) {
		const char *url = repo->urls[i];
		auto_free char *public = vz_url_public(url);

		if (list_name(url)) {
			if (add_list(&m, list_name(url), all, err) < 0)
				return -1;
		} else if (is_base(url) || strncmp(url, "metalink+", 9) == 0 || strncmp(url, "mirrorlist+", 11) == 0) {
			add(&m, url, strlen(url));
		} else {
			return vz_err_set(err, VZ_USAGE, "'%s' is not an http, https, ftp or file URL", public);
		}
	}
	if (!m.n)
		return vz_err_set(err, VZ_NOTFOUND, "its mirror lists name no mirror");
	*ret = m;
	m = (struct vz_mirrors){0};
	return 0;
}

/* Of use anywhere, not on this host alone. */
static bool is_remote(const char *url)
{
	return is_base(url) && strncmp(url, "file:", 5) != 0;
}

static char *public_base(const char *url)
{
	char *public = vz_url_public(url);

	for (size_t len = strlen(public); len && public[len - 1] == '/'; len--)
		public[len - 1] = 0;
	return public;
}

/* The first such of a list. */
static int list_public(const char *name, const char *const *dirs, char **ret, struct vz_err *err)
{
	auto_mirrors struct vz_mirrors list = {0};

	if (read_list(name, dirs, &list, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	for (size_t i = 0; i < list.n && !*ret; i++)
		if (is_remote(list.urls[i]))
			*ret = public_base(list.urls[i]);
	return 0;
}

int vz_mirrors_public(const struct vz_recipe_repo *repo, const char *const *dirs, char **ret, struct vz_err *err)
{
	auto_free char *beside = NULL, *found = NULL;
	auto_free const char **all = list_dirs(repo, dirs, false, &beside);

	if (repo->sources && strcmp(repo->sources, "no") != 0)
		found = public_base(repo->sources);
	for (size_t i = 0; !repo->sources && !found && i < repo->n_urls; i++) {
		const char *url = repo->urls[i];

		if (is_remote(url))
			found = public_base(url);
		else if (list_name(url) && list_public(list_name(url), all, &found, err) < 0)
			return -1;
	}
	*ret = steal(&found);
	return 0;
}
