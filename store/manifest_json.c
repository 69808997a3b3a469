/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/manifest.h"

#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/path.h"

#define FORMAT "vzpkg-manifest 1"

static void json_release(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release)))

static bool set(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value) == 0;
}

static bool set_digest(json_t *o, const char *key, const struct vz_digest *d)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	return set(o, key, json_string(hex));
}

/* The members that are text. */
static const struct text {
	const char *key;
	size_t offset;
	bool optional;               /* absent where NULL */
} texts[] = {
	{ "name", offsetof(struct vz_manifest, name), false },
	{ "kind", offsetof(struct vz_manifest, kind), false },
	{ "summary", offsetof(struct vz_manifest, summary), true },
	{ "arch", offsetof(struct vz_manifest, arch), false },
	{ "family", offsetof(struct vz_manifest, family), false },
	{ "parent", offsetof(struct vz_manifest, parent), true },
	{ "recipe", offsetof(struct vz_manifest, recipe), false },
	{ "recipe_path", offsetof(struct vz_manifest, recipe_path), true },
};
#define N_TEXTS (sizeof texts / sizeof *texts)

static char **text_of(struct vz_manifest *m, const struct text *t)
{
	return (char **)((char *)m + t->offset);
}

void vz_manifest_release(struct vz_manifest *m)
{
	for (size_t i = 0; i < N_TEXTS; i++)
		free(*text_of(m, &texts[i]));
	free(m->lock);
	*m = (struct vz_manifest){0};
}

/* json_string() gives NULL for what is not UTF-8; setting that fails. */
static int set_texts(json_t *o, const struct vz_manifest *m, struct vz_err *err)
{
	for (size_t i = 0; i < N_TEXTS; i++) {
		const char *text = *text_of((struct vz_manifest *)m, &texts[i]);

		if (!text && !texts[i].optional)
			return vz_err_set(err, VZ_FAILED, "manifest: '%s' is missing", texts[i].key);
		if (text && !set(o, texts[i].key, json_string(text)))
			return vz_err_set(err, VZ_FAILED, "manifest: '%s' is not UTF-8 text", texts[i].key);
	}
	return 0;
}

static bool set_rest(json_t *o, const struct vz_manifest *m)
{
	json_t *image = json_object();
	bool good = set_digest(image, "digest", &m->image) && set(image, "size", json_integer((json_int_t)m->image_size));

	return set(o, "image", image) && good && set(o, "format", json_string(FORMAT)) &&
	       set(o, "version", json_integer(m->version)) &&
	       set(o, "packages", json_integer((json_int_t)m->packages)) &&
	       set(o, "files", json_integer((json_int_t)m->files)) &&
	       set(o, "bytes", json_integer((json_int_t)m->bytes)) &&
	       set(o, "new_bytes", json_integer((json_int_t)m->new_bytes)) &&
	       set(o, "seconds", json_real(m->seconds)) && set(o, "created", json_integer(m->created)) &&
	       set(o, "source_date", json_integer(m->source_date)) && set_digest(o, "lock", &m->lock_sum) &&
	       set_digest(o, "tree", &m->tree_sum);
}

static bool checksum(const json_t *o, struct vz_digest *ret)
{
	auto_free char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);

	if (text)
		vz_sha256(text, strlen(text), ret);
	return text != NULL;
}

int vz_manifest_format(const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err)
{
	auto_json json_t *o = json_object();
	auto_free char *text = NULL;
	struct vz_digest sum;

	if (set_texts(o, m, err) < 0)
		return -1;
	if (!set_rest(o, m) || !checksum(o, &sum) || !set_digest(o, "checksum", &sum) ||
	    !(text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS)))
		return vz_err_set(err, VZ_FAILED, "manifest: a number cannot be written");
	vz_buf_printf(ret, "%s\n", text);
	return 0;
}

/*
 * Reading. Members are taken out of the object; what is left over at the end is unknown.
 */

/* A new reference, or NULL. */
static json_t *take(json_t *o, const char *key)
{
	json_t *v = json_incref(json_object_get(o, key));

	json_object_del(o, key);
	return v;
}

static bool take_text(json_t *o, const char *key, char **ret)
{
	auto_json json_t *v = take(o, key);

	*ret = vz_strdup(json_string_value(v));
	return *ret != NULL;
}

static bool take_count(json_t *o, const char *key, uint64_t *ret)
{
	auto_json json_t *v = take(o, key);

	*ret = (uint64_t)json_integer_value(v);
	return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool take_time(json_t *o, const char *key, int64_t *ret)
{
	auto_json json_t *v = take(o, key);

	*ret = json_integer_value(v);
	return json_is_integer(v);
}

static bool take_digest(json_t *o, const char *key, struct vz_digest *ret)
{
	auto_json json_t *v = take(o, key);

	return json_is_string(v) && vz_digest_parse(json_string_value(v), ret);
}

static bool take_texts(json_t *o, struct vz_manifest *m)
{
	auto_free char *format = NULL;

	if (!take_text(o, "format", &format) || strcmp(format, FORMAT))
		return false;
	for (size_t i = 0; i < N_TEXTS; i++) {
		bool absent = !json_object_get(o, texts[i].key);

		if (!(absent && texts[i].optional) && !take_text(o, texts[i].key, text_of(m, &texts[i])))
			return false;
	}
	return vz_name_is_sane(m->name);
}

static bool take_rest(json_t *o, struct vz_manifest *m)
{
	auto_json json_t *image = take(o, "image"), *seconds = take(o, "seconds");
	uint64_t version;

	if (!take_count(o, "version", &version) || !version || version > UINT_MAX || !json_is_real(seconds))
		return false;
	m->version = (unsigned)version;
	m->seconds = json_real_value(seconds);
	return take_digest(image, "digest", &m->image) && take_count(image, "size", &m->image_size) &&
	       !json_object_size(image) && take_count(o, "packages", &m->packages) && take_count(o, "files", &m->files) &&
	       take_count(o, "bytes", &m->bytes) && take_count(o, "new_bytes", &m->new_bytes) &&
	       take_time(o, "created", &m->created) && take_time(o, "source_date", &m->source_date) &&
	       take_digest(o, "lock", &m->lock_sum) && take_digest(o, "tree", &m->tree_sum) && !json_object_size(o);
}

int vz_manifest_parse(const char *text, size_t len, struct vz_manifest *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf again = {0};
	struct vz_digest want, sum;
	json_error_t why;
	auto_json json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(o))
		return vz_err_set(err, VZ_DAMAGED, "the manifest is not a JSON object%s%s", o ? "" : ": ", o ? "" : why.text);
	if (!take_digest(o, "checksum", &want) || !checksum(o, &sum) || vz_digest_cmp(&want, &sum))
		return vz_err_set(err, VZ_DAMAGED, "the manifest's checksum is wrong");
	if (!take_texts(o, &m) || !take_rest(o, &m))
		return vz_err_set(err, VZ_DAMAGED, "the manifest is not one of format '" FORMAT "'");
	/* white space, or letters written otherwise, are no part of the sum */
	if (vz_manifest_format(&m, &again, err) < 0 || again.len != len || memcmp(again.data, text, len))
		return vz_err_set(err, VZ_DAMAGED, "the manifest is not as it was written");
	*ret = m;
	m = (struct vz_manifest){0};
	return 0;
}
