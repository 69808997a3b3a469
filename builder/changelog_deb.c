/* SPDX-License-Identifier: GPL-3.0-or-later */
/* usr/share/doc/NAME/changelog.Debian.gz. */
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "builder/changelog.h"
#include "builder/content.h"
#include "shim/apt.h"
#include "store/gzip.h"
#include "store/record.h"

#define LIMIT (16u << 20)            /* unpacked; the largest of Debian have some 3 MiB */

/* ---- the text ---- */

struct lines {
	const char *at, *end;
	size_t len;                      /* of the line at hand, without its end */
};

static bool more(const struct lines *l)
{
	return l->at < l->end;
}

static void look(struct lines *l)
{
	const char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));

	l->len = (size_t)((newline ? newline : l->end) - l->at);
}

static void step(struct lines *l)
{
	l->at += l->len + (l->at + l->len < l->end);
	look(l);
}

/* "NAME (VERSION) SUITE…; urgency=…": the version, to be freed; NULL: it is another line. */
static char *version_of(const struct lines *l)
{
	const char *open = memmem(l->at, l->len, " (", 2), *close = open ? memchr(open, ')', (size_t)(l->at + l->len - open)) : NULL;

	if (!close || strchr(" \t\r", *l->at) || close - open > 256)
		return NULL;
	return vz_strndup(open + 2, (size_t)(close - open) - 2);
}

static bool is_blank(const struct lines *l)
{
	size_t i = 0;

	while (i < l->len && strchr(" \t\r", l->at[i]))
		i++;
	return i == l->len;
}

/* " -- NAME <MAIL>  Sat, 11 Jul 2026 10:16:37 +0200": the time; -1: it is another line. */
static int64_t time_of(const struct lines *l)
{
	auto_free char *line = vz_strndup(l->at, l->len);
	const char *date = strstr(line, ">  ");
	struct tm tm = {0};
	long ahead;

	if (strncmp(line, " -- ", 4) != 0)
		return -1;
	if (!date || !strptime(date + 3, "%a, %d %b %Y %H:%M:%S %z", &tm))
		return 0;
	ahead = tm.tm_gmtoff;
	return (int64_t)timegm(&tm) - ahead;
}

/* From the line behind the head up to the trailer, which is taken, too. */
static char *text_of(struct lines *l, int64_t *ret_time)
{
	const char *from = NULL, *to = NULL;

	*ret_time = 0;
	for (; more(l); step(l)) {
		int64_t t = time_of(l);
		auto_free char *next = version_of(l);

		if (next)
			break;
		if (t >= 0) {
			*ret_time = t;
			step(l);
			break;
		}
		if (!is_blank(l)) {
			from = from ? from : l->at;
			to = l->at + l->len;
		}
	}
	return from ? vz_strndup(from, (size_t)(to - from)) : vz_strdup("");
}

void vz_changelog_parse_deb(const char *text, size_t len, const char *older, struct vz_changelog *ret)
{
	struct lines l = { text, text + len, 0 };

	for (look(&l); more(&l); ) {
		char *version = version_of(&l);
		int64_t time;
		char *said;

		step(&l);
		if (!version)
			continue;
		if (vz_apt_version_cmp(version, older) <= 0) {
			free(version);
			return;
		}
		said = text_of(&l, &time);
		if (!vz_changelog_add(ret, version, time, said))
			return;
	}
}

/* ---- where it is ---- */

static int take_source(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	const char *open = strchr(value, '('), *close = open ? strchr(open, ')') : NULL;
	char **version = ctx;

	(void)err;
	if (stanza == 0 && strcasecmp(name, "Source") == 0 && close && !*version)
		*version = vz_strndup(open + 1, (size_t)(close - open) - 1);
	return 0;
}

/* The version that the changelog speaks of: a package may have another than its source, or was built once more ("+b1"). */
static char *source_version(const struct vz_store *s, const struct vz_plan_package *p)
{
	struct vz_err ignored = {0};
	auto_record struct vz_record *r = vz_record_read(s, p->digest, &ignored);
	const struct vz_record_member *control = r ? vz_record_member(r, "control") : NULL;
	char *version = NULL;
	const char *rebuilt;

	if (control && vz_apt_control_read(control->data, control->len, take_source, &version, &ignored) == 0 && version)
		return version;
	free(version);
	rebuilt = strstr(p->version, "+b");
	if (rebuilt && rebuilt[2] && !rebuilt[2 + strspn(rebuilt + 2, "0123456789")])
		return vz_strndup(p->version, (size_t)(rebuilt - p->version));
	return vz_strdup(p->version);
}

static const struct vz_node *find_text(const struct vz_tree *t, const char *name)
{
	static const char *const files[] = { "changelog.Debian.gz", "changelog.gz" };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		auto_free char *path = vz_printf("usr/share/doc/%s/%s", name, files[i]);
		const struct vz_node *n = vz_tree_lookup(t, path, true);

		if (n && vz_node_is_file(n))
			return n;
	}
	return NULL;
}

/* Whose documentation the package says is its own; NULL: nobody else's. */
static const struct vz_plan_package *other(const struct vz_tree *t, const struct vz_plan *plan, const char *name)
{
	auto_free char *path = vz_printf("usr/share/doc/%s", name);
	const struct vz_node *n = vz_tree_find(t, path);
	const char *slash, *target;

	if (!n || !vz_node_is_symlink(n) || !n->payload)
		return NULL;
	slash = strrchr(n->payload, '/');
	target = slash ? slash + 1 : n->payload;
	for (size_t i = 0; i < plan->n_packages; i++)
		if (strcmp(plan->packages[i].name, target) == 0)
			return &plan->packages[i];
	return NULL;
}

static int parse_node(const struct vz_store *s, const struct vz_node *n, const char *older, struct vz_changelog *ret,
		      struct vz_err *err)
{
	auto_buf struct vz_buf packed = {0}, text = {0};

	if (vz_content_get(s, n, &packed, err) < 0)
		return -1;
	/* what follows the limit is older than anybody asks for */
	if (packed.len && vz_gzip_read(packed.data, packed.len, LIMIT, &text) && text.len)
		vz_changelog_parse_deb(text.data, text.len, older, ret);
	return 0;
}

int vz_changelog_read_deb(const struct vz_store *s, const struct vz_plan *now, const struct vz_plan_change *c,
			  struct vz_changelog *ret, struct vz_err *err)
{
	auto_free char *older = source_version(s, c->before);
	const struct vz_plan_package *p = c->now;

	for (int hops = 0; p && hops < 4; hops++) {
		auto_record struct vz_record *r = vz_record_read(s, p->digest, err);
		const struct vz_node *n;

		if (!r)
			return -1;
		n = find_text(r->tree, p->name);
		if (n)
			return parse_node(s, n, older, ret, err);
		p = other(r->tree, now, p->name);
	}
	return 0;
}
