/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values of JSON documents; for json*.c only, and the one header that shows
 * jansson's types.
 */
#ifndef VZPKG_JSON_VALUE_H
#define VZPKG_JSON_VALUE_H

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/texts.h"

/* Prints the document, and lets go of it. */
static inline void print(json_t *doc)
{
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(doc);
}

/* Text from outside need not be UTF-8; what is not becomes '?'. */
static inline json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();
	char *copy;

	if (j)
		return j;
	copy = vz_strdup(s);
	for (char *p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	j = json_string(copy);
	free(copy);
	return j;
}

static inline json_t *texts(const struct vz_texts *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(list, text(t->v[i]));
	return list;
}

static inline json_t *digest(const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	return json_string(hex);
}

static inline json_t *rfc3339(int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char buf[40];

	if (!gmtime_r(&when, &tm) || !strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(buf);
}

static inline json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

#endif
