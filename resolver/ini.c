/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/ini.h"

#include <ini.h>
#include <string.h>

#include "base/alloc.h"

struct reader {
	const char *p, *end;
	const char *what;
	char *section;
	unsigned line;
	unsigned *line_of;       /* by number of the call of next_line(), as libinih counts lines, from 1 */
	size_t calls, cap_calls;
	const char *rest, *rest_end;     /* of a line that is handed over in pieces, or NULL */
	bool indented;           /* the line at hand begins with white space */
	bool in_value;           /* there is a value that an indented line could continue */
	unsigned failed;         /* line of the failure in `err`, or 0 */
	vz_ini_handler handler;
	void *ctx;
	struct vz_err *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int tell(struct reader *r, const char *key, const char *value, bool continued)
{
	struct vz_ini_line l = { .section = r->section, .key = key, .value = value, .continued = continued,
				 .line = r->line };

	if (r->handler(r->ctx, &l, r->err) < 0)
		r->failed = r->line;
	return r->failed ? -1 : 0;
}

/* Length of the UTF-8 character at `p` that may stand in a recipe; 0: none. */
static size_t character(const unsigned char *p, size_t left)
{
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (n > left || (n == 1 && ((*p < 0x20 && !is_blank((char)*p)) || *p == 0x7f)))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

int vz_ini_check(const char *text, size_t len, const char *what, struct vz_err *err)
{
	unsigned line = 1;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = character((const unsigned char *)text + i, len - i);
		if (!n)
			return vz_err_set(err, VZ_USAGE, "%s:%u: byte 0x%02x, expected plain text in UTF-8", what, line,
					  (unsigned char)text[i]);
		line += text[i] == '\n';
	}
	return 0;
}

/* `p` is behind the opening bracket. A glob in a section's name may hold brackets of its own, and libinih
 * cuts names at 50 bytes, so sections are told from here. */
static int begin_section(struct reader *r, const char *p, const char *end)
{
	const char *start = p;
	unsigned depth = 1;

	for (; p < end; p++)
		if (!(depth += (*p == '[') - (*p == ']')))
			break;
	if (p == end) {
		r->failed = r->line;
		return vz_err_set(r->err, VZ_USAGE, "%s:%u: section without closing bracket, expected [NAME]", r->what,
				  r->line);
	}
	free(r->section);
	r->section = vz_strndup(start, (size_t)(p - start));
	for (p++; p < end && is_blank(*p); p++)
		;
	if (p < end && *p != ';' && *p != '#') {
		r->failed = r->line;
		return vz_err_set(r->err, VZ_USAGE, "%s:%u: text behind the section's name, expected [NAME] alone", r->what,
				  r->line);
	}
	r->in_value = false;
	return tell(r, NULL, NULL, false);
}

/* libinih takes lines of at most 200 bytes. The next piece of a longer one, which ends at white
 * space; those behind the first look like continued lines, which mean the same. */
static char *next_piece(struct reader *r, char *out, size_t size)
{
	bool first = r->rest == r->p;
	size_t left = (size_t)(r->rest_end - r->rest), len = left < size - 3 ? left : size - 3, at = 0;

	while (len < left && len && !is_blank(r->rest[len]))
		len--;
	if (!len) {
		vz_err_set(r->err, VZ_USAGE, "%s:%u: word longer than %zu bytes", r->what, r->line, size - 3);
		r->failed = r->line;
		return NULL;
	}
	if (!first)
		out[at++] = ' ';
	memcpy(out + at, r->rest, len);
	out[at + len] = '\n';
	out[at + len + 1] = 0;
	r->indented = !first || is_blank(*r->rest);
	for (r->rest += len; r->rest < r->rest_end && is_blank(*r->rest); r->rest++)
		;
	if (r->rest == r->rest_end)
		r->rest = NULL;
	return out;
}

/* Where the text of a line ends and its comment begins; a line that is a comment has no text. */
static const char *text_end(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && is_blank(*p))
		p++;
	if (p < end && *p == '#')
		return start;
	for (; p < end; p++)
		if (*p == ';' && (p == start || is_blank(p[-1])))
			break;
	while (p > start && is_blank(p[-1]))
		p--;
	return p;
}

/* libinih's fgets(): the next line, and what Debian's build of it does not tell the handler: where we are. */
static char *next_line(char *out, int size, void *stream)
{
	struct reader *r = stream;
	const char *p, *nl, *line = r->p;
	size_t len;

	if (r->failed || (r->p == r->end && !r->rest))
		return NULL;
	vz_grow(r->line_of, r->calls, r->cap_calls);
	r->line_of[r->calls++] = r->line + !r->rest;
	if (r->rest)
		return next_piece(r, out, (size_t)size);
	nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
	len = (size_t)((nl ? nl + 1 : r->end) - r->p);
	r->line++;
	if (len > (size_t)size - 2) {
		r->rest_end = text_end(line, line + len);
		r->rest = r->rest_end > line ? line : NULL;
		if (r->rest && *line != '[') {
			out = next_piece(r, out, (size_t)size);
			r->p += len;
			return out;
		}
		if (r->rest) {
			vz_err_set(r->err, VZ_USAGE, "%s:%u: section name longer than %d bytes", r->what, r->line, size);
			r->failed = r->line;
			return NULL;
		}
		r->p += len;
		out[0] = '\n';
		out[1] = 0;
		return out;
	}
	memcpy(out, r->p, len);
	out[len] = 0;
	r->indented = is_blank(*r->p);
	for (p = r->p; p < r->p + len && is_blank(*p); p++)
		;
	r->p += len;
	if (p < r->p && *p == '[') {
		if (r->indented) {
			vz_err_set(r->err, VZ_USAGE, "%s:%u: indented section, expected '[' in the first column", r->what,
				   r->line);
			r->failed = r->line;
			return NULL;
		}
		if (begin_section(r, p + 1, r->p) < 0)
			return NULL;
		memcpy(out, "[]\n", 4);
	}
	return out;
}

/* libinih takes comments off a key's first line only, and not where the value begins. */
static char *uncommented(const char *value)
{
	size_t len = 0;

	while (value[len] && !(value[len] == ';' && (!len || is_blank(value[len - 1]))))
		len++;
	while (len && is_blank(value[len - 1]))
		len--;
	return vz_strndup(value, len);
}

static int got_value(void *ctx, const char *section, const char *name, const char *value)
{
	struct reader *r = ctx;
	bool continued = r->indented && r->in_value;
	auto_free char *clean = uncommented(value);

	(void)section;
	r->in_value = true;
	return tell(r, name, clean, continued) == 0;
}

int vz_ini_read(const char *text, size_t len, const char *what, vz_ini_handler handler, void *ctx,
		struct vz_err *err)
{
	auto_free char *none = vz_strdup("");
	struct reader r = { .p = text, .end = text + len, .what = what, .section = steal(&none), .handler = handler,
			    .ctx = ctx, .err = err };
	int bad;

	if (vz_ini_check(text, len, what, err) < 0) {
		free(r.section);
		return -1;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	bad = ini_parse_stream(next_line, &r, got_value, &r);
	free(r.section);
	if (bad > 0)
		bad = (int)r.line_of[(size_t)bad <= r.calls ? bad - 1 : (int)r.calls - 1];
	free(r.line_of);
	if (bad > 0 && (!r.failed || (unsigned)bad < r.failed))
		return vz_err_set(err, VZ_USAGE, "%s:%d: neither section nor key, expected KEY = VALUE or [SECTION]", what, bad);
	if (bad < 0)
		return vz_err_set(err, VZ_FAILED, "read '%s': out of memory", what);
	return r.failed ? -1 : 0;
}
