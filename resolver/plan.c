/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"
#include "base/table.h"
#include "resolver/release.h"

#define MAGIC "vzpkg-lock 1"
#define LINE_LIMIT 16384
#define FIELDS 9                     /* of the longest line, its keyword included */

static const struct { unsigned flag; const char *name; } flag_names[] = {
	{ VZ_PLAN_BASE, "base" },
	{ VZ_PLAN_REQUESTED, "requested" },
	{ VZ_PLAN_ESSENTIAL, "essential" },
	{ VZ_PLAN_ADDED, "added" },
};
#define N_FLAGS (sizeof flag_names / sizeof *flag_names)

static const char *const id_kinds[VZ_ID_KINDS] = { [VZ_ID_USER] = "user", [VZ_ID_GROUP] = "group" };

/* " FIELD": absent is "-", and so a real "-" is escaped. */
static void put_field(struct vz_buf *b, const char *s)
{
	vz_buf_putc(b, ' ');
	if (!s || !*s)
		vz_buf_putc(b, '-');
	else if (strcmp(s, "-") == 0)
		vz_buf_puts(b, "%2D");
	else
		for (; *s; s++) {
			unsigned char c = (unsigned char)*s;

			if (c < 0x21 || c > 0x7e || c == '%')
				vz_buf_printf(b, "%%%02X", c);
			else
				vz_buf_putc(b, *s);
		}
}

static void put_line(struct vz_buf *b, const char *keyword, const char *const *fields, size_t n)
{
	vz_buf_puts(b, keyword);
	for (size_t i = 0; i < n; i++)
		put_field(b, fields[i]);
	vz_buf_putc(b, '\n');
}

static void put_package(struct vz_buf *b, const struct vz_plan_package *k)
{
	char size[32], flags[64] = "";

	snprintf(size, sizeof size, "%llu", (unsigned long long)k->size);
	for (size_t i = 0; i < N_FLAGS; i++)
		if (k->flags & flag_names[i].flag)
			snprintf(flags + strlen(flags), sizeof flags - strlen(flags), "%s%s", *flags ? "," : "",
				 flag_names[i].name);
	put_line(b, "package",
		 (const char *[]){ k->name, k->version, k->arch, k->repo, size, k->digest, k->location, flags }, 8);
}

void vz_plan_write(const struct vz_plan *p, struct vz_buf *ret)
{
	char number[32];

	vz_buf_puts(ret, MAGIC "\n");
	put_line(ret, "template", (const char *[]){ p->name, p->kind }, 2);
	put_line(ret, "arch", (const char *[]){ p->arch }, 1);
	put_line(ret, "family", (const char *[]){ p->family }, 1);
	vz_buf_printf(ret, "date %lld\n", (long long)p->date);
	for (size_t i = 0; i < p->n_repos; i++) {
		const struct vz_plan_repo *r = &p->repos[i];

		snprintf(number, sizeof number, "%lld", (long long)r->date);
		put_line(ret, "repository", (const char *[]){ r->id, r->type, r->suite, number, r->index_sha256 }, 5);
	}
	for (size_t i = 0; i < p->n_packages; i++)
		put_package(ret, &p->packages[i]);
	for (size_t i = 0; i < p->ids.n; i++) {
		snprintf(number, sizeof number, "%u", p->ids.v[i].id);
		put_line(ret, "id", (const char *[]){ id_kinds[p->ids.v[i].kind], p->ids.v[i].name, number }, 3);
	}
}

struct reader {
	const char *what;
	unsigned line;
	const char *at, *end;
	char buffer[LINE_LIMIT];     /* the decoded line; `field` points into it */
	char *field[FIELDS];         /* NULL for "-" */
	size_t n;
	struct vz_table repos, seen;
	struct vz_err *err;
};

#define bad(r, ...) bad_line(r, vz_printf(__VA_ARGS__))
static int bad_line(struct reader *r, char *text)
{
	vz_err_set(r->err, VZ_USAGE, "%s:%u: %s", r->what, r->line, text);
	free(text);
	return -1;
}

/* The value of an upper-case hex digit, as put_field() writes them. */
static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int decode_field(struct reader *r, const char *s, size_t len, char **to)
{
	char *d = *to;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x21 || c > 0x7e)
			return bad(r, "byte 0x%02x, expected %%%02X or one space between fields", c, c);
		if (c == '%') {
			int hi = i + 2 < len ? nibble(s[i + 1]) : -1, lo = i + 2 < len ? nibble(s[i + 2]) : -1;

			if (hi < 0 || lo < 0 || !(hi | lo))
				return bad(r, "'%%' without two upper-case hex digits");
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
		}
		*d++ = (char)c;
	}
	if (!len)
		return bad(r, "empty field, expected one space between fields");
	*d++ = 0;
	r->field[r->n++] = len == 1 && *s == '-' ? NULL : *to;
	*to = d;
	return 0;
}

/* Takes the next line apart. 1 at the end of the text. */
static int next_line(struct reader *r)
{
	char *to = r->buffer;
	const char *nl;

	if (r->at == r->end)
		return 1;
	r->line++;
	nl = memchr(r->at, '\n', (size_t)(r->end - r->at));
	if (!nl)
		return bad(r, "the line does not end");
	if (nl - r->at >= LINE_LIMIT / 2)
		return bad(r, "longer than %d bytes", LINE_LIMIT / 2);
	r->n = 0;
	for (const char *p = r->at;; ) {
		const char *space = memchr(p, ' ', (size_t)(nl - p)), *stop = space ? space : nl;

		if (r->n == FIELDS)
			return bad(r, "more than %d fields", FIELDS);
		if (decode_field(r, p, (size_t)(stop - p), &to) < 0)
			return -1;
		if (!space)
			break;
		p = space + 1;
	}
	r->at = nl + 1;
	return 0;
}

static int number(struct reader *r, const char *s, const char *what, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || strlen(s) > 18 || (*s == '0' && s[1]))
		return bad(r, "%s is not a number", what);
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return bad(r, "%s is not a number", what);
		v = v * 10 + (unsigned)(*s - '0');
	}
	*ret = v;
	return 0;
}

static int date(struct reader *r, const char *s, int64_t *ret)
{
	uint64_t v;

	if (number(r, s, "date", &v) < 0)
		return -1;
	*ret = (int64_t)v;
	return 0;
}

static int sha256(struct reader *r, const char *s)
{
	if (!s || strlen(s) != VZ_HEX_LEN || !vz_hash_algo(s))
		return bad(r, "'%s' is not a SHA-256 digest", s ? s : "-");
	return 0;
}

static int digest(struct reader *r, const char *s)
{
	if (!s || !vz_hash_algo(s))
		return bad(r, "'%s' is not a SHA-256, SHA-384 or SHA-512 digest", s ? s : "-");
	return 0;
}

/* Grammars of what ends up in file names, commands and databases: dpkg's
 * pkg_name_is_illegal() and parseversion(), rpm's ALLOWED_CHARS_NAME and _EVR. */
static bool is_word(const char *s, const char *more)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!s || !*s || !strchr(alnum, *s) || strlen(s) > 255)
		return false;
	for (; *s; s++)
		if (!strchr(alnum, *s) && !strchr(more, *s))
			return false;
	return true;
}

static const struct family {
	const char *name, *in_name, *in_version, *in_arch;
	bool multilib;               /* two architectures of one name can be installed */
} families[] = {
	{ "deb", "+-._", "+-._:~", "-", false },
	{ "rpm", "+-._", "+-._:~^", "_", true },
	{ "any", "", "", "", false },        /* an application's, which has no packages of its own */
};

static const struct family *family_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	return NULL;
}

bool vz_plan_words_ok(const char *family, const char *name, const char *version, const char *arch)
{
	const struct family *f = family_of(family);

	return f && is_word(name, f->in_name) && is_word(version, f->in_version) && is_word(arch, f->in_arch);
}

static int read_repo(struct reader *r, struct vz_plan *p)
{
	struct vz_plan_repo k = {0};

	if (r->n != 6)
		return bad(r, "expected 'repository ID TYPE SUITE DATE INDEX-SHA256'");
	if (!r->field[1] || !vz_name_is_sane(r->field[1]))
		return bad(r, "'%s' is not a repository's name", r->field[1] ? r->field[1] : "-");
	if (!r->field[2] || strcmp(r->field[2], p->family) != 0)
		return bad(r, "a repository of type '%s' in a plan of family '%s'", r->field[2] ? r->field[2] : "-", p->family);
	if (date(r, r->field[4], &k.date) < 0 || (r->field[5] && sha256(r, r->field[5]) < 0))
		return -1;
	if (vz_table_has(&r->repos, r->field[1]))
		return bad(r, "repository '%s' is there twice", r->field[1]);
	vz_table_put(&r->repos, r->field[1], NULL);
	k.id = vz_strdup(r->field[1]);
	k.type = vz_strdup(r->field[2]);
	k.suite = vz_strdup(r->field[3]);
	k.index_sha256 = vz_strdup(r->field[5]);
	p->repos = vz_realloc(p->repos, p->n_repos + 1, sizeof *p->repos);
	p->repos[p->n_repos++] = k;
	return 0;
}

static int read_flags(struct reader *r, char *text, unsigned *ret)
{
	unsigned flags = 0;

	for (char *word = text; word; word = text) {
		size_t i = 0;

		text = strchr(word, ',');
		if (text)
			*text++ = 0;
		while (i < N_FLAGS && strcmp(word, flag_names[i].name) != 0)
			i++;
		if (i == N_FLAGS || flag_names[i].flag <= flags)
			return bad(r, "'%s' is no flag, or out of order", word);
		flags |= flag_names[i].flag;
	}
	*ret = flags;
	return 0;
}

static int read_package(struct reader *r, struct vz_plan *p)
{
	const struct family *f = family_of(p->family);
	struct vz_plan_package k = {0};
	auto_free char *key = NULL;

	if (r->n != 9)
		return bad(r, "expected 'package NAME VERSION ARCH REPOSITORY SIZE DIGEST LOCATION FLAGS'");
	if (!is_word(r->field[1], f->in_name))
		return bad(r, "'%s' is not a package name", r->field[1] ? r->field[1] : "-");
	if (!is_word(r->field[2], f->in_version))
		return bad(r, "'%s' is not a version", r->field[2] ? r->field[2] : "-");
	if (!is_word(r->field[3], f->in_arch))
		return bad(r, "'%s' is not an architecture", r->field[3] ? r->field[3] : "-");
	if (!r->field[4] || !vz_table_has(&r->repos, r->field[4]))
		return bad(r, "no line names the repository '%s'", r->field[4] ? r->field[4] : "-");
	if (number(r, r->field[5], "size", &k.size) < 0 || digest(r, r->field[6]) < 0)
		return -1;
	if (!r->field[7] || !vz_plan_location_is_sane(r->field[7]))
		return bad(r, "'%s' is not a relative path", r->field[7] ? r->field[7] : "-");
	if (read_flags(r, r->field[8], &k.flags) < 0)
		return -1;
	key = vz_printf("%s %s", r->field[1], f->multilib ? r->field[3] : "");
	if (vz_table_has(&r->seen, key))
		return bad(r, "package '%s' is there twice", r->field[1]);
	vz_table_put(&r->seen, key, NULL);
	k.name = vz_strdup(r->field[1]);
	k.version = vz_strdup(r->field[2]);
	k.arch = vz_strdup(r->field[3]);
	k.repo = vz_strdup(r->field[4]);
	k.digest = vz_strdup(r->field[6]);
	k.location = vz_strdup(r->field[7]);
	vz_grow(p->packages, p->n_packages, p->cap_packages);
	p->packages[p->n_packages++] = k;
	return 0;
}

static int read_id(struct reader *r, struct vz_plan *p)
{
	const struct vz_id *last = p->ids.n ? &p->ids.v[p->ids.n - 1] : NULL;
	enum vz_id_kind kind = VZ_ID_USER;
	uint64_t id;

	if (r->n != 4)
		return bad(r, "expected 'id user|group NAME N'");
	while (kind < VZ_ID_KINDS && (!r->field[1] || strcmp(r->field[1], id_kinds[kind]) != 0))
		kind++;
	if (kind == VZ_ID_KINDS || !r->field[2] || !vz_id_name_is_sane(r->field[2]))
		return bad(r, "'%s %s' is no user and no group", r->field[1] ? r->field[1] : "-", r->field[2] ? r->field[2] : "-");
	if (number(r, r->field[3], "id", &id) < 0)
		return -1;
	if (!id || id > VZ_ID_MAX)
		return bad(r, "'%s' is not an id that can be given", r->field[3]);
	if (last && (last->kind > kind || (last->kind == kind && strcmp(last->name, r->field[2]) >= 0)))
		return bad(r, "the id of '%s' is there twice, or out of order", r->field[2]);
	vz_ids_put(&p->ids, kind, r->field[2], (uint32_t)id);
	return 0;
}

bool vz_plan_location_is_sane(const char *s)
{
	/* a scheme would make it another server, a query or fragment another file */
	if (*s == '/' || !*s || strpbrk(s, "?#\\") || strcspn(s, ":") < strcspn(s, "/") || !vz_path_is_sane(s))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x21 || (unsigned char)*s > 0x7e || (*s == '/' && s[1] == '/'))
			return false;
	return true;
}

/* Reads the line `keyword`, which has `n` fields, all present. */
static int expect(struct reader *r, const char *keyword, size_t n)
{
	int end = next_line(r);

	if (end < 0)
		return -1;
	if (end)
		r->line++;
	if (end || !r->field[0] || strcmp(r->field[0], keyword) != 0 || r->n != n + 1)
		return bad(r, "expected '%s' and %zu field%s", keyword, n, n == 1 ? "" : "s");
	for (size_t i = 1; i < r->n; i++)
		if (!r->field[i])
			return bad(r, "'%s' without a value", keyword);
	return 0;
}

static int read_head(struct reader *r, struct vz_plan *p)
{
	if (expect(r, "vzpkg-lock", 1) < 0)
		return -1;
	if (strcmp(r->field[1], "1") != 0)
		return bad(r, "version '%s' of the format is not known", r->field[1]);
	if (expect(r, "template", 2) < 0)
		return -1;
	if (!vz_name_is_sane(r->field[1]))
		return bad(r, "'%s' is not a template's name", r->field[1]);
	if (strcmp(r->field[2], "os") != 0 && strcmp(r->field[2], "app") != 0)
		return bad(r, "kind '%s', expected 'os' or 'app'", r->field[2]);
	p->name = vz_strdup(r->field[1]);
	p->kind = vz_strdup(r->field[2]);
	if (expect(r, "arch", 1) < 0)
		return -1;
	if (!is_word(r->field[1], "_-"))
		return bad(r, "'%s' is not an architecture", r->field[1]);
	p->arch = vz_strdup(r->field[1]);
	if (expect(r, "family", 1) < 0)
		return -1;
	if (!family_of(r->field[1]))
		return bad(r, "family '%s' is not known", r->field[1]);
	p->family = vz_strdup(r->field[1]);
	return expect(r, "date", 1) < 0 ? -1 : date(r, r->field[1], &p->date);
}

static int read_all(struct reader *r, struct vz_plan *p)
{
	int end;

	if (read_head(r, p) < 0)
		return -1;
	while ((end = next_line(r)) == 0) {
		const char *keyword = r->field[0] ? r->field[0] : "-";

		if (strcmp(keyword, "repository") == 0 && !p->n_packages) {
			if (read_repo(r, p) < 0)
				return -1;
		} else if (strcmp(keyword, "package") == 0 && !p->ids.n) {
			if (read_package(r, p) < 0)
				return -1;
		} else if (strcmp(keyword, "id") == 0 && p->n_packages) {
			if (read_id(r, p) < 0)
				return -1;
		} else {
			return bad(r, "'%s', expected %s", keyword,
				   p->ids.n ? "'id'" : p->n_packages ? "'package' or 'id'" : "'repository' or 'package'");
		}
	}
	return end < 0 ? -1 : 0;
}

struct vz_plan *vz_plan_read(const char *text, size_t len, const char *what, struct vz_err *err)
{
	struct reader *r = vz_new(struct reader);
	struct vz_plan *p = vz_new(struct vz_plan);

	r->what = what;
	r->at = text;
	r->end = text + len;
	r->err = err;
	if (read_all(r, p) < 0) {
		vz_plan_free(p);
		p = NULL;
	}
	vz_table_release(&r->repos);
	vz_table_release(&r->seen);
	free(r);
	return p;
}
