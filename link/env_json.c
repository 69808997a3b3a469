/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "base/path.h"

#define FORMAT "vzpkg-env 1"

static void json_release(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release)))

void vz_env_release(struct vz_env *e)
{
	free(e->name);
	free(e->template_name);
	free(e->reason);
	free(e->hostname);
	*e = (struct vz_env){0};
}

/* json_string() gives NULL for what is not UTF-8; setting that fails. */
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

static bool checksum(const json_t *o, struct vz_digest *ret)
{
	auto_free char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);

	if (text)
		vz_sha256(text, strlen(text), ret);
	return text != NULL;
}

int vz_env_format(const struct vz_env *e, struct vz_buf *ret, struct vz_err *err)
{
	auto_json json_t *o = json_object();
	json_t *template = json_object();
	auto_free char *text = NULL;
	struct vz_digest sum;
	bool good = set(o, "template", template);

	good = good && set(template, "name", json_string(e->template_name)) &&
	       set(template, "version", json_integer(e->template_version)) && set(o, "format", json_string(FORMAT)) &&
	       set(o, "name", json_string(e->name)) && set_digest(o, "image", &e->image) &&
	       set(o, "generation", json_integer(e->generation)) && set(o, "created", json_integer(e->created)) &&
	       set(o, "since", json_integer(e->since)) && set(o, "reason", json_string(e->reason)) &&
	       (!e->hostname || set(o, "hostname", json_string(e->hostname))) && checksum(o, &sum) &&
	       set_digest(o, "checksum", &sum) && (text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS));
	if (!good)
		return vz_err_set(err, VZ_FAILED, "environment '%s': its record has text that is not UTF-8", e->name);
	vz_buf_printf(ret, "%s\n", text);
	return 0;
}

/* Members are taken out of the object; what is left over at the end is unknown.
 * A new reference, or NULL. */
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

static bool take_number(json_t *o, const char *key, unsigned *ret)
{
	auto_json json_t *v = take(o, key);

	*ret = (unsigned)json_integer_value(v);
	return json_is_integer(v) && json_integer_value(v) > 0 && json_integer_value(v) <= UINT_MAX;
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

static bool take_all(json_t *o, struct vz_env *e)
{
	auto_json json_t *template = take(o, "template");
	auto_free char *format = NULL;

	if (json_object_get(o, "hostname") && (!take_text(o, "hostname", &e->hostname) || !vz_name_is_sane(e->hostname)))
		return false;
	return take_text(o, "format", &format) && !strcmp(format, FORMAT) && take_text(o, "name", &e->name) &&
	       vz_name_is_sane(e->name) && take_text(template, "name", &e->template_name) &&
	       vz_name_is_sane(e->template_name) && take_number(template, "version", &e->template_version) &&
	       !json_object_size(template) && take_digest(o, "image", &e->image) &&
	       take_number(o, "generation", &e->generation) && take_time(o, "created", &e->created) &&
	       take_time(o, "since", &e->since) && take_text(o, "reason", &e->reason) && !json_object_size(o);
}

int vz_env_parse(const char *text, size_t len, struct vz_env *ret, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	struct vz_digest want, sum;
	json_error_t why;
	auto_json json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (!json_is_object(o))
		return vz_err_set(err, VZ_DAMAGED, "the record is not a JSON object%s%s", o ? "" : ": ", o ? "" : why.text);
	if (!take_digest(o, "checksum", &want) || !checksum(o, &sum) || vz_digest_cmp(&want, &sum))
		return vz_err_set(err, VZ_DAMAGED, "the record's checksum is wrong");
	if (!take_all(o, &e))
		return vz_err_set(err, VZ_DAMAGED, "the record is not one of format '" FORMAT "'");
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}
