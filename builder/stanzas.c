/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/stanzas.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"

void vz_stanzas_release(struct vz_stanzas *s)
{
	vz_units_release(&s->units);
	vz_texts_release(&s->keys);
}

static bool is_blank(const char *line, const char *stop)
{
	while (line < stop && strchr(" \t\r", *line))
		line++;
	return line == stop;
}

static bool add(struct vz_stanzas *to, const char *start, const char *stop, vz_stanza_name name)
{
	const struct vz_unit u = { .text = start, .len = (size_t)(stop - start) };
	auto_free char *key = name(&u);

	if (key)
		vz_texts_add(&to->keys, key);
	return vz_units_add(&to->units, start, u.len, key ? to->keys.v[to->keys.n - 1] : NULL, key ? strlen(key) : 0);
}

int vz_stanzas_read(const struct vz_buf *text, vz_stanza_name name, struct vz_stanzas *ret, struct vz_err *err)
{
	const char *p = text->data, *end, *start = NULL, *last = NULL;
	bool room = true;

	if (!text->len)
		return 0;
	end = p + text->len;
	if (memchr(p, 0, text->len))
		return vz_err_set(err, VZ_FAILED, "it has NUL bytes");
	while (p < end && room) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		if (!is_blank(p, stop)) {
			start = start ? start : p;
			last = stop;
		} else if (start) {
			room = add(ret, start, last, name);
			start = NULL;
		}
		p = nl ? nl + 1 : end;
	}
	if (start && room)
		room = add(ret, start, last, name);
	if (!room)
		return vz_err_set(err, VZ_FAILED, "it has more than %d stanzas", VZ_UNITS_MAX);
	vz_units_index(&ret->units);
	return 0;
}

char *vz_stanza_field(const struct vz_unit *u, const char *field)
{
	const char *p = u->text, *end = p + u->len;
	size_t len = strlen(field);

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		if ((size_t)(stop - p) > len && p[len] == ':' && strncasecmp(p, field, len) == 0) {
			p += len + 1;
			while (p < stop && strchr(" \t", *p))
				p++;
			while (stop > p && strchr(" \t\r", stop[-1]))
				stop--;
			return vz_strndup(p, (size_t)(stop - p));
		}
		p = nl ? nl + 1 : end;
	}
	return NULL;
}

static void put_stanza(void *ctx, const struct vz_unit *u)
{
	struct vz_buf *to = ctx;

	vz_buf_add(to, u->text, u->len);
	vz_buf_puts(to, "\n\n");
}

int vz_stanzas_merge(const struct vz_buf *base, const struct vz_buf *theirs, const struct vz_buf *new, vz_stanza_name name,
		     struct vz_buf *ret, struct vz_err *err)
{
	auto_stanzas struct vz_stanzas b = {0}, t = {0}, n = {0};

	if (vz_stanzas_read(base, name, &b, err) < 0 || vz_stanzas_read(theirs, name, &t, err) < 0 ||
	    vz_stanzas_read(new, name, &n, err) < 0)
		return -1;
	vz_units_merge(&b.units, &t.units, &n.units, put_stanza, ret);
	return 0;
}
