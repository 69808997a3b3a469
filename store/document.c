/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/document.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/path.h"

static void json_release(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release)))

static json_t *json_digest(const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	return json_string(hex);
}

static json_t *json_texts(const struct vz_texts *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++)
		if (json_array_append_new(list, json_string(t->v[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static bool texts_from_json(const json_t *v, struct vz_texts *ret)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *text = json_string_value(json_array_get(v, i));

		if (!text)
			return false;
		vz_texts_add(ret, text);
	}
	return json_array_size(v) > 0;
}

/* Is there nothing to write of it? */
static bool is_absent(const struct vz_member *m, const void *from)
{
	static const struct vz_digest none;
	const void *p = (const char *)from + m->offset;

	switch (m->type) {
	case VZ_MEMBER_TEXT:
	case VZ_MEMBER_NAME:
		return !*(char *const *)p;
	case VZ_MEMBER_TEXTS:
		return !((const struct vz_texts *)p)->n;
	case VZ_MEMBER_FLAG:
		return !*(const bool *)p;
	case VZ_MEMBER_DIGEST:
		return vz_digest_cmp(p, &none) == 0;
	case VZ_MEMBER_ORDINAL:
		return !*(const unsigned *)p;
	case VZ_MEMBER_COUNT:
	case VZ_MEMBER_TIME:
		return !*(const int64_t *)p;
	case VZ_MEMBER_REAL:
		return *(const double *)p == 0;
	}
	return true;
}

/* NULL: it cannot be written. */
static json_t *to_json(const struct vz_member *m, const void *from)
{
	const void *p = (const char *)from + m->offset;

	switch (m->type) {
	case VZ_MEMBER_TEXT:
	case VZ_MEMBER_NAME:
		return json_string(*(char *const *)p);
	case VZ_MEMBER_TEXTS:
		return json_texts(p);
	case VZ_MEMBER_FLAG:
		return json_boolean(*(const bool *)p);
	case VZ_MEMBER_DIGEST:
		return json_digest(p);
	case VZ_MEMBER_ORDINAL:
		return json_integer(*(const unsigned *)p);
	case VZ_MEMBER_COUNT:
	case VZ_MEMBER_TIME:
		return json_integer(*(const int64_t *)p);
	case VZ_MEMBER_REAL:
		return json_real(*(const double *)p);
	}
	return NULL;
}

static bool from_json(const struct vz_member *m, const json_t *v, void *ret)
{
	const char *text = json_string_value(v);
	json_int_t n = json_integer_value(v);
	void *p = (char *)ret + m->offset;

	switch (m->type) {
	case VZ_MEMBER_TEXT:
	case VZ_MEMBER_NAME:
		*(char **)p = vz_strdup(text);
		return text && (m->type == VZ_MEMBER_TEXT || vz_name_is_sane(text));
	case VZ_MEMBER_TEXTS:
		return texts_from_json(v, p);
	case VZ_MEMBER_FLAG:
		*(bool *)p = json_is_true(v);
		return json_is_boolean(v);
	case VZ_MEMBER_DIGEST:
		return text && vz_digest_parse(text, p);
	case VZ_MEMBER_ORDINAL:
		*(unsigned *)p = (unsigned)n;
		return n > 0 && n <= UINT_MAX;
	case VZ_MEMBER_COUNT:
	case VZ_MEMBER_TIME:
		*(int64_t *)p = n;
		return json_is_integer(v) && (n >= 0 || m->type == VZ_MEMBER_TIME);
	case VZ_MEMBER_REAL:
		*(double *)p = json_real_value(v);
		return json_is_real(v);
	}
	return false;
}

/* The object that "image.size" is in, made if there is none and `make`; or NULL. */
static json_t *object_of(json_t *o, const char **key, bool make)
{
	const char *dot = strchr(*key, '.');
	auto_free char *outer = dot ? vz_strndup(*key, (size_t)(dot - *key)) : NULL;

	if (!outer)
		return o;
	*key = dot + 1;
	if (make && !json_object_get(o, outer))
		json_object_set_new(o, outer, json_object());
	return json_object_get(o, outer);
}

/* json_string() gives NULL for what is not UTF-8. */
static int put(const struct vz_document_kind *k, const struct vz_member *m, const void *from, json_t *o,
	       struct vz_err *err)
{
	const bool is_text = m->type == VZ_MEMBER_TEXT || m->type == VZ_MEMBER_NAME || m->type == VZ_MEMBER_TEXTS;
	const bool absent = is_absent(m, from);
	const char *key = m->key;

	if (absent && (m->optional || m->type == VZ_MEMBER_TEXTS))
		return 0;
	o = object_of(o, &key, true);
	if (json_object_set_new(o, key, to_json(m, from)) == 0)
		return 0;
	return vz_err_set(err, VZ_FAILED, "the %s's '%s' is %s", k->noun, m->key,
			  is_text && absent ? "missing" : is_text ? "not UTF-8 text" : "not a number");
}

int vz_document_format(const struct vz_document_kind *k, const void *from, struct vz_buf *ret, struct vz_err *err)
{
	auto_json json_t *o = json_object();
	auto_free char *compact = NULL, *text = NULL;
	bool good = json_object_set_new(o, "format", json_string(k->format)) == 0;
	struct vz_digest sum;

	for (const struct vz_member *m = k->members; m->key; m++)
		if (put(k, m, from, o, err) < 0)
			return -1;
	compact = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	if (compact)
		vz_sha256(compact, strlen(compact), &sum);
	good = good && compact && json_object_set_new(o, "checksum", json_digest(&sum)) == 0 &&
	       (text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS));
	if (!good)
		return vz_err_set(err, VZ_FAILED, "the %s cannot be written: out of memory", k->noun);
	vz_buf_printf(ret, "%s\n", text);
	return 0;
}

static int get(const struct vz_document_kind *k, const struct vz_member *m, json_t *o, void *ret, struct vz_err *err)
{
	const char *key = m->key;
	const json_t *in = object_of(o, &key, false), *v = json_object_get(in, key);

	if ((!v && (m->optional || m->type == VZ_MEMBER_TEXTS)) || from_json(m, v, ret))
		return 0;
	return vz_err_set(err, VZ_DAMAGED, "the %s's '%s' is %s", k->noun, m->key, v ? "wrong" : "missing");
}

int vz_document_parse(const struct vz_document_kind *k, const char *text, size_t len, void *ret, struct vz_err *err)
{
	json_error_t why;
	auto_json json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	const char *format = json_string_value(json_object_get(o, "format"));
	auto_buf struct vz_buf again = {0};

	if (!json_is_object(o))
		return vz_err_set(err, VZ_DAMAGED, "the %s is not a JSON object%s%s", k->noun, o ? "" : ": ", o ? "" : why.text);
	if (!format || strcmp(format, k->format))
		return vz_err_set(err, VZ_DAMAGED, "the %s is not one of format '%s'", k->noun, k->format);
	for (const struct vz_member *m = k->members; m->key; m++)
		if (get(k, m, o, ret, err) < 0)
			return -1;
	/* a wrong checksum, an unknown member, other white space: whatever it is, it differs from what we write */
	if (vz_document_format(k, ret, &again, err) < 0 || again.len != len || memcmp(again.data, text, len))
		return vz_err_set(err, VZ_DAMAGED, "the %s is not as it was written", k->noun);
	return 0;
}

void vz_document_release(const struct vz_document_kind *k, void *of)
{
	for (const struct vz_member *m = k->members; m->key; m++) {
		void *p = (char *)of + m->offset;

		if (m->type == VZ_MEMBER_TEXT || m->type == VZ_MEMBER_NAME)
			free(*(char **)p);
		else if (m->type == VZ_MEMBER_TEXTS)
			vz_texts_release(p);
	}
}
