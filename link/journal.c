/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "store/document.h"

#define MAX_JOURNAL (256 << 20)
#define WORDS 8

static const char *const kinds[] = {
	[VZ_UPPER_DIR] = "dir", [VZ_UPPER_PUT] = "put", [VZ_UPPER_DROP] = "drop", [VZ_UPPER_HIDE] = "hide",
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

void vz_journal_release(struct vz_journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->changes[i].path);
	free(j->changes);
	free(j->name);
	free(j->boot);
	*j = (struct vz_journal){0};
}

struct vz_journal_change *vz_journal_add(struct vz_journal *j, const char *path)
{
	vz_grow(j->changes, j->n, j->cap);
	j->changes[j->n] = (struct vz_journal_change){ .path = vz_strdup(path) };
	return &j->changes[j->n++];
}

char *vz_journal_undo_dir(unsigned generation)
{
	return vz_printf("generations/%u.undo", generation);
}

char *vz_journal_slot(const struct vz_journal_change *c)
{
	auto_free char *dir = c->slot_of ? vz_journal_undo_dir(c->slot_of) : vz_strdup("moving");

	return vz_printf("%s/%u", dir, c->slot);
}

/*
 * The text of a change.
 */

static void add_time(struct vz_buf *b, const struct timespec *t)
{
	vz_buf_printf(b, "%jd.%09ld", (intmax_t)t->tv_sec, t->tv_nsec);
}

static void add_path(struct vz_buf *b, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c > 0x20 && c < 0x7f && c != '\\')
			vz_buf_putc(b, (char)c);
		else
			vz_buf_printf(b, "\\x%02x", c);
	}
}

static void add_change(struct vz_buf *b, const struct vz_journal_change *c)
{
	char hex[VZ_HEX_LEN + 1];

	vz_buf_printf(b, "%s %s %u/%u %" PRIu64 " ", kinds[c->kind], vz_upper_why_name(c->why), c->slot_of, c->slot, c->ino);
	if (c->seen.there) {
		vz_buf_printf(b, "%" PRIu64 ":%" PRIu64 ":", c->seen.ino, c->seen.size);
		add_time(b, &c->seen.changed);
	} else {
		vz_buf_putc(b, '-');
	}
	vz_digest_hex(&c->mark.sum, hex);
	if (c->mark.there)
		vz_buf_printf(b, " %" PRIu64 ":%s ", c->mark.size, hex);
	else
		vz_buf_puts(b, " - ");
	if (c->made) {
		add_time(b, &c->changed);
		vz_buf_putc(b, ':');
		add_time(b, &c->dir_before);
		vz_buf_putc(b, ':');
		add_time(b, &c->dir_after);
	} else {
		vz_buf_putc(b, '-');
	}
	vz_buf_putc(b, ' ');
	add_path(b, c->path);
}

/* The number that is `s` up to `end`, in its one form. */
static bool to_number(const char *s, const char *end, uint64_t *ret)
{
	uint64_t n = 0;

	if (s == end || (*s == '0' && end - s > 1))
		return false;
	for (; s < end; s++)
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
			return false;
	*ret = n;
	return true;
}

static bool to_unsigned(const char *s, const char *end, unsigned *ret)
{
	uint64_t n;

	if (!to_number(s, end, &n) || n > UINT32_MAX)
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool to_time(const char *s, const char *end, struct timespec *ret)
{
	const char *dot = memchr(s, '.', (size_t)(end - s));
	const bool negative = *s == '-';
	uint64_t seconds, nanoseconds = 0;

	if (!dot || end - dot != 10 || !to_number(s + negative, dot, &seconds) || seconds > INT64_MAX)
		return false;
	for (const char *p = dot + 1; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		nanoseconds = 10 * nanoseconds + (uint64_t)(*p - '0');
	}
	*ret = (struct timespec){ negative ? -(int64_t)seconds : (int64_t)seconds, (long)nanoseconds };
	return !negative || seconds;
}

static bool is_word(const char *s, const char *end, const char *word)
{
	return strlen(word) == (size_t)(end - s) && memcmp(s, word, (size_t)(end - s)) == 0;
}

static bool to_kind(const char *s, const char *end, enum vz_upper_kind *ret)
{
	for (*ret = 0; *ret < N_KINDS; ++*ret)
		if (is_word(s, end, kinds[*ret]))
			return true;
	return false;
}

static bool to_why(const char *s, const char *end, enum vz_upper_why *ret)
{
	for (*ret = VZ_UPPER_PARENT; *ret <= VZ_UPPER_GUARD; ++*ret)
		if (is_word(s, end, vz_upper_why_name(*ret)))
			return true;
	return false;
}

/* Splits `s` at `sep` into exactly `n` parts: part i is from at[i] up to at[i + 1] - 1. */
static bool split(const char *s, const char *end, char sep, size_t n, const char **at)
{
	size_t found = 0;

	at[found++] = s;
	for (; s < end; s++)
		if (*s == sep) {
			if (found == n)
				return false;
			at[found++] = s + 1;
		}
	at[n] = end + 1;
	return found == n;
}

static bool to_seen(const char *s, const char *end, struct vz_upper_seen *ret)
{
	const char *at[4];

	if (end - s == 1 && *s == '-')
		return true;
	ret->there = true;
	return split(s, end, ':', 3, at) && to_number(at[0], at[1] - 1, &ret->ino) &&
	       to_number(at[1], at[2] - 1, &ret->size) && to_time(at[2], end, &ret->changed);
}

static bool to_mark(const char *s, const char *end, struct vz_upper_mark *ret)
{
	const char *at[3];
	auto_free char *hex = NULL;

	if (end - s == 1 && *s == '-')
		return true;
	if (!split(s, end, ':', 2, at) || !to_number(at[0], at[1] - 1, &ret->size))
		return false;
	ret->there = true;
	hex = vz_strndup(at[1], (size_t)(end - at[1]));
	return vz_digest_parse(hex, &ret->sum);
}

static bool to_made(const char *s, const char *end, struct vz_journal_change *ret)
{
	const char *at[4];

	if (end - s == 1 && *s == '-')
		return true;
	ret->made = true;
	return split(s, end, ':', 3, at) && to_time(at[0], at[1] - 1, &ret->changed) &&
	       to_time(at[1], at[2] - 1, &ret->dir_before) && to_time(at[2], end, &ret->dir_after);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *to_path(const char *s, const char *end)
{
	struct vz_buf b = {0};

	for (; s < end; s++) {
		if (*s != '\\') {
			vz_buf_putc(&b, *s);
			continue;
		}
		if (end - s < 4 || s[1] != 'x' || hex_digit(s[2]) < 0 || hex_digit(s[3]) < 0)
			break;
		vz_buf_putc(&b, (char)(hex_digit(s[2]) << 4 | hex_digit(s[3])));
		s += 3;
	}
	vz_buf_putc(&b, 0);
	return vz_buf_steal(&b);
}

static bool parse_change(const char *text, struct vz_journal_change *c)
{
	const char *end = text + strlen(text), *at[WORDS + 1], *slash;

	if (!split(text, end, ' ', WORDS, at))
		return false;
	slash = memchr(at[2], '/', (size_t)(at[3] - at[2]));
	if (!to_kind(at[0], at[1] - 1, &c->kind) || !to_why(at[1], at[2] - 1, &c->why) || !slash ||
	    !to_unsigned(at[2], slash, &c->slot_of) || !to_unsigned(slash + 1, at[3] - 1, &c->slot) ||
	    !to_number(at[3], at[4] - 1, &c->ino) || !to_seen(at[4], at[5] - 1, &c->seen) ||
	    !to_mark(at[5], at[6] - 1, &c->mark) || !to_made(at[6], at[7] - 1, c))
		return false;
	c->path = to_path(at[7], end);
	return *c->path == '/' && c->path[1] && vz_path_is_sane(c->path);
}

/* Whatever else is another text than ours is refused, too: it is written again and compared. */
int vz_journal_parse_change(const char *text, struct vz_journal_change *ret, struct vz_err *err)
{
	auto_buf struct vz_buf again = {0};
	bool good = parse_change(text, ret);

	if (good)
		add_change(&again, ret);
	if (!good || strcmp(again.data, text) != 0)
		return vz_err_set(err, VZ_DAMAGED, "the journal has the change '%s'", text);
	return 0;
}

/*
 * The document.
 */

struct document {
	struct vz_journal j;
	struct vz_texts changes;
};
#define MEMBER(name) offsetof(struct document, name)

static const struct vz_member members[] = {
	{ "name", VZ_MEMBER_NAME, MEMBER(j.name), false },
	{ "from", VZ_MEMBER_ORDINAL, MEMBER(j.from), false },
	{ "to", VZ_MEMBER_ORDINAL, MEMBER(j.to), false },
	{ "back", VZ_MEMBER_FLAG, MEMBER(j.back), false },
	{ "boot", VZ_MEMBER_TEXT, MEMBER(j.boot), true },
	{ "device", VZ_MEMBER_COUNT, MEMBER(j.device), true },
	{ "changes", VZ_MEMBER_TEXTS, MEMBER(changes), true },
	{0}
};
static const struct vz_document_kind document_kind = { "vzpkg-move 1", "journal", members };

int vz_journal_format(const struct vz_journal *j, struct vz_buf *ret, struct vz_err *err)
{
	struct document d = { .j = *j };
	int rc;

	for (size_t i = 0; i < j->n; i++) {
		auto_buf struct vz_buf text = {0};

		add_change(&text, &j->changes[i]);
		vz_texts_add(&d.changes, text.data);
	}
	rc = vz_document_format(&document_kind, &d, ret, err);
	vz_texts_release(&d.changes);
	return rc;
}

int vz_journal_parse(const char *text, size_t len, struct vz_journal *ret, struct vz_err *err)
{
	struct document d = {0};
	int rc = vz_document_parse(&document_kind, text, len, &d, err);

	for (size_t i = 0; rc == 0 && i < d.changes.n; i++)
		rc = vz_journal_parse_change(d.changes.v[i], vz_journal_add(&d.j, NULL), err);
	vz_texts_release(&d.changes);
	if (rc < 0)
		vz_journal_release(&d.j);
	else
		*ret = d.j;
	return rc;
}

int vz_journal_read(int dir, const char *path, struct vz_journal *ret, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(dir, path, MAX_JOURNAL, &text, err) < 0)
		return -1;
	return vz_journal_parse(text.data, text.len, ret, err) < 0 ? vz_err_wrap(err, "'%s'", path) : 0;
}
