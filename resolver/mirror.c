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
		auto_free char *word = NULL;

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
		if (strlen(word) != (size_t)(stop - p) || (!is_base(word) && strcmp(word, HOST_APT) != 0)) {
			auto_free char *public = vz_url_public(word);

			return vz_err_set(err, VZ_USAGE, "%s:%u: mirror '%s', expected an http, https, ftp or file URL or %s", what,
					  line, public, HOST_APT);
		}
		add(&m, word, strlen(word));
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

static int add_list(struct vz_mirrors *m, const char *name, const char *const *dirs, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, searched = {0};
	auto_mirrors struct vz_mirrors list = {0};
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
	if (vz_mirrors_parse(text.data ? text.data : "", text.len, path, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.urls[i], HOST_APT) != 0)
			add(m, list.urls[i], strlen(list.urls[i]));
		else if (add_host(m, name, err) < 0)
			return -1;
	}
	return 0;
}

int vz_mirrors_expand(const struct vz_recipe_repo *repo, const char *const *dirs, struct vz_mirrors *ret,
		      struct vz_err *err)
{
	const char *slash = repo->file ? strrchr(repo->file, '/') : NULL;
	auto_free char *beside = vz_printf("%.*smirrors", slash ? (int)(slash - repo->file) + 1 : 0, repo->file ? repo->file : "");
	const char *const usual[] = { VZ_CONF_DIR "/mirrors", beside, VZ_RECIPES_DIR "/mirrors" };
	auto_free const char **all = NULL;
	auto_mirrors struct vz_mirrors m = {0};
	size_t n = 0;

	while (dirs && dirs[n])
		n++;
	all = vz_alloc((n + sizeof usual / sizeof *usual + 1) * sizeof *all);
	if (n)
		memcpy(all, dirs, n * sizeof *all);
	memcpy(all + n, usual, sizeof usual);

	for (size_t i = 0; i < repo->n_urls; i++) {
		const char *url = repo->urls[i];
		auto_free char *public = vz_url_public(url);

		if (strncmp(url, "mirror:", 7) == 0 && vz_name_is_sane(url + 7)) {
			if (add_list(&m, url + 7, all, err) < 0)
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
