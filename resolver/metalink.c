/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/metalink.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "resolver/url.h"
#include "resolver/xml_walk.h"

#define NAME "/repodata/repomd.xml"
#define FILE_PATH "/metalink/files/file"
#define MAX_FILES 64
#define MAX_MIRRORS 2000

struct candidate {
	char *url;
	unsigned preference;
	size_t order;
};

struct reading {
	struct vz_metalink_file files[MAX_FILES];
	size_t n_files;
	struct candidate *candidates;
	size_t n, cap;
	bool is_repomd;                  /* the <file> at hand */
	bool has_repomd;
	struct vz_buf type;              /* of the <hash> at hand */
	unsigned preference;             /* of the <url> at hand */
};

void vz_metalink_release(struct vz_metalink *m)
{
	free(m->files);
	vz_mirrors_release(&m->mirrors);
	*m = (struct vz_metalink){0};
}

static int begin_file(struct reading *in, struct vz_err *err)
{
	if (in->n_files == MAX_FILES)
		return vz_err_set(err, VZ_UNTRUSTED, "more than %d versions of repomd.xml", MAX_FILES);
	in->n_files++;
	return 0;
}

static int begin(void *ctx, const struct vz_xml_element *e, struct vz_err *err)
{
	struct reading *in = ctx;
	const char *type = vz_xml_attribute(e, "type"), *preference = vz_xml_attribute(e, "preference");

	vz_buf_clear(&in->type);
	vz_buf_puts(&in->type, type ? type : "");
	in->preference = preference ? (unsigned)strtoul(preference, NULL, 10) : 0;
	if (strcmp(e->path, FILE_PATH) == 0) {
		const char *name = vz_xml_attribute(e, "name");

		in->is_repomd = !in->has_repomd && name && strcmp(name, "repomd.xml") == 0;
		in->has_repomd = in->has_repomd || in->is_repomd;
		return in->is_repomd ? begin_file(in, err) : 0;
	}
	if (in->is_repomd && strcmp(e->path, FILE_PATH "/alternates/alternate") == 0)
		return begin_file(in, err);
	return 0;
}

/* A URL of the file itself, from which the repository's follows. */
static void take_url(struct reading *in, const char *url)
{
	size_t len = strlen(url), tail = strlen(NAME);
	auto_free char *base = NULL;

	if (len <= tail || strcmp(url + len - tail, NAME) != 0 || in->n == MAX_MIRRORS)
		return;
	base = vz_strndup(url, len - tail);
	if (!vz_url_is_sane(base) || strpbrk(base, "?#"))
		return;
	vz_grow(in->candidates, in->n, in->cap);
	in->candidates[in->n] = (struct candidate){ steal(&base), in->preference, in->n };
	in->n++;
}

/* The end of what stands in <file> or one <alternate>. */
static void take_part(struct reading *in, const char *name, const struct vz_xml_element *e)
{
	struct vz_metalink_file *f = &in->files[in->n_files - 1];
	char digest[129];
	struct vz_err weak;
	uint64_t n;

	/* MD5 and SHA-1 stand there as well; what is weak is not looked at */
	if (strcmp(name, "/verification/hash") == 0 && vz_xml_digest(in->type.data, e->text, digest, &weak) == 0 &&
	    strlen(digest) > strlen(f->digest))
		memcpy(f->digest, digest, sizeof digest);
	if (strcmp(name, "/size") == 0 && vz_xml_number(e, &n))
		f->size = n;
	if (strcmp(name, "/timestamp") == 0 && vz_xml_number(e, &n))
		f->timestamp = (int64_t)n;
}

static int end(void *ctx, const struct vz_xml_element *e, struct vz_err *err)
{
	static const char alternate[] = "/alternates/alternate";
	struct reading *in = ctx;
	const char *name = e->path + strlen(FILE_PATH);

	(void)err;
	if (!in->is_repomd || strncmp(e->path, FILE_PATH, strlen(FILE_PATH)) != 0)
		return 0;
	if (strcmp(name, "/resources/url") == 0)
		take_url(in, e->text);
	else if (strncmp(name, alternate, strlen(alternate)) == 0)
		take_part(in, name + strlen(alternate), e);
	else
		take_part(in, name, e);
	if (!*name)
		in->is_repomd = false;
	return 0;
}

static int by_preference(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference > y->preference ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int finish(struct reading *in, struct vz_metalink *ret, struct vz_err *err)
{
	if (!in->has_repomd)
		return vz_err_set(err, VZ_UNTRUSTED, "it names no repomd.xml");
	if (!*in->files[0].digest)
		return vz_err_set(err, VZ_UNTRUSTED, "its repomd.xml has no SHA-256 or longer digest");
	if (!in->n)
		return vz_err_set(err, VZ_UNTRUSTED, "it names no http, https, ftp or file mirror");
	qsort(in->candidates, in->n, sizeof *in->candidates, by_preference);
	for (size_t i = 0; i < in->n; i++)
		vz_mirrors_add(&ret->mirrors, in->candidates[i].url);
	for (size_t i = 0; i < in->n_files; i++)
		if (*in->files[i].digest) {
			ret->files = vz_realloc(ret->files, ret->n + 1, sizeof *ret->files);
			ret->files[ret->n++] = in->files[i];
		}
	return 0;
}

int vz_metalink_read(const char *text, size_t len, struct vz_metalink *ret, struct vz_err *err)
{
	auto_free struct reading *in = vz_new(struct reading);
	const struct vz_xml_walk walk = { begin, end, in };
	int failed = vz_xml_walk(text, len, &walk, err);

	if (!failed)
		failed = finish(in, ret, err);
	for (size_t i = 0; i < in->n; i++)
		free(in->candidates[i].url);
	free(in->candidates);
	vz_buf_release(&in->type);
	return failed ? vz_err_wrap(err, "metalink") : 0;
}

int vz_mirrorlist_read(const char *text, size_t len, struct vz_mirrors *ret, struct vz_err *err)
{
	auto_free char *first = NULL;
	size_t before = ret->n;

	for (const char *p = text, *end = text + len, *next; p < end && ret->n < MAX_MIRRORS; p = next) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		auto_free char *line = vz_strndup(p, (size_t)((nl ? nl : end) - p));
		char *url = line + strspn(line, " \t\r");

		next = nl ? nl + 1 : end;
		for (size_t n = strlen(url); n && strchr(" \t\r", url[n - 1]); n--)
			url[n - 1] = 0;
		if (!first && *url)
			first = vz_strndup(url, 120);
		if (*url != '#' && vz_url_is_sane(url) && !strpbrk(url, "?#"))
			vz_mirrors_add(ret, url);
	}
	if (ret->n == before)
		return vz_err_set(err, VZ_UNTRUSTED, "the mirror list names no http, https, ftp or file URL; it begins '%s'",
				  first ? first : "");
	return 0;
}
