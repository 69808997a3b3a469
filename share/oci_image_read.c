/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/oci_image.h"

#include <jansson.h>
#include <string.h>

static void json_release(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(json_release)))

static int wrong(struct vz_err *err, const char *what)
{
	return vz_err_set(err, VZ_UNTRUSTED, "not a document of the OCI image format: %s", what);
}

/* The object that the text is, or NULL. Without `schemaVersion` 2 where it is asked for. */
static json_t *load(const char *text, size_t len, bool versioned, struct vz_err *err)
{
	json_error_t why;
	json_t *o = NULL;

	if (len > VZ_OCI_DOCUMENT_MAX)
		wrong(err, "it is larger than 4 MiB");
	else if (!(o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why)))
		wrong(err, why.text);
	else if (!json_is_object(o))
		wrong(err, "no object");
	else if (versioned && json_integer_value(json_object_get(o, "schemaVersion")) != 2)
		wrong(err, "'schemaVersion' is not 2");
	else
		return o;
	json_decref(o);
	return NULL;
}

/* Text that is there must be text. */
static int get_text(const json_t *o, const char *key, char **ret, struct vz_err *err)
{
	const json_t *v = json_object_get(o, key);

	if (v && !json_is_string(v))
		return wrong(err, key);
	*ret = vz_strdup(json_string_value(v));
	return 0;
}

/* "sha256:" and 64 lower-case digits. */
static int get_digest(const json_t *v, char ret[VZ_HEX_LEN + 1], struct vz_err *err)
{
	static const char prefix[] = "sha256:";
	const char *text = json_string_value(v), *hex = text ? text + sizeof prefix - 1 : NULL;

	if (!text || strncmp(text, prefix, sizeof prefix - 1) != 0 || strlen(hex) != VZ_HEX_LEN || !vz_hash_algo(hex))
		return wrong(err, "a digest that is not 'sha256:' and 64 lower-case digits");
	memcpy(ret, hex, VZ_HEX_LEN + 1);
	return 0;
}

static int get_pairs(const json_t *o, struct vz_oci_pairs *ret, struct vz_err *err)
{
	json_t *pairs = json_object_get(o, "annotations"), *value;
	const char *key;

	if (!pairs || json_is_null(pairs))
		return 0;
	if (!json_is_object(pairs) || json_object_size(pairs) > VZ_OCI_ITEMS_MAX)
		return wrong(err, "annotations");
	json_object_foreach(pairs, key, value) {
		if (!json_is_string(value))
			return wrong(err, "an annotation that is no text");
		vz_oci_pairs_add(ret, key, json_string_value(value));
	}
	return 0;
}

static int get_descriptor(const json_t *o, struct vz_oci_descriptor *ret, struct vz_err *err)
{
	const json_t *size = json_object_get(o, "size"), *platform = json_object_get(o, "platform");

	if (!json_is_object(o) || !json_is_integer(size) || json_integer_value(size) < 0)
		return wrong(err, "a descriptor without a size");
	ret->size = (uint64_t)json_integer_value(size);
	if (get_text(o, "mediaType", &ret->type, err) < 0 || get_digest(json_object_get(o, "digest"), ret->digest, err) < 0 ||
	    get_pairs(o, &ret->annotations, err) < 0)
		return -1;
	if (!ret->type)
		ret->type = vz_strdup("");
	if (!platform || json_is_null(platform))
		return 0;
	return get_text(platform, "architecture", &ret->arch, err) < 0 ? -1 : get_text(platform, "os", &ret->os, err);
}

static int get_list(const json_t *o, const char *key, size_t *ret_n, struct vz_oci_descriptor **ret, struct vz_err *err)
{
	const json_t *list = json_object_get(o, key);
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > VZ_OCI_ITEMS_MAX)
		return wrong(err, key);
	*ret = vz_alloc((n + 1) * sizeof **ret);
	*ret_n = n;              /* zeroed ones can be released */
	for (size_t i = 0; i < n; i++)
		if (get_descriptor(json_array_get(list, i), &(*ret)[i], err) < 0)
			return -1;
	return 0;
}

int vz_oci_index_read(const char *text, size_t len, struct vz_oci_index *ret, struct vz_err *err)
{
	auto_json json_t *o = load(text, len, true, err);
	auto_oci_index struct vz_oci_index i = {0};

	if (!o || get_list(o, "manifests", &i.n, &i.manifests, err) < 0)
		return -1;
	*ret = i;
	i = (struct vz_oci_index){0};
	return 0;
}

int vz_oci_manifest_read(const char *text, size_t len, struct vz_oci_manifest *ret, struct vz_err *err)
{
	auto_json json_t *o = load(text, len, true, err);
	auto_oci_manifest struct vz_oci_manifest m = {0};

	if (!o || get_text(o, "artifactType", &m.artifact_type, err) < 0 || get_pairs(o, &m.annotations, err) < 0 ||
	    get_descriptor(json_object_get(o, "config"), &m.config, err) < 0 ||
	    get_list(o, "layers", &m.n, &m.layers, err) < 0)
		return -1;
	*ret = m;
	m = (struct vz_oci_manifest){0};
	return 0;
}

static int get_diff_ids(const json_t *o, struct vz_oci_config *c, struct vz_err *err)
{
	const json_t *list = json_object_get(json_object_get(o, "rootfs"), "diff_ids");
	size_t n = json_array_size(list);
	char hex[VZ_HEX_LEN + 1];

	if (!json_is_array(list) || n > VZ_OCI_ITEMS_MAX)
		return wrong(err, "diff_ids");
	c->diff_ids = vz_alloc((n + 1) * sizeof *c->diff_ids);
	for (size_t i = 0; i < n; i++) {
		if (get_digest(json_array_get(list, i), hex, err) < 0)
			return -1;
		c->diff_ids[c->n++] = vz_strdup(hex);
	}
	return 0;
}

int vz_oci_config_read(const char *text, size_t len, struct vz_oci_config *ret, struct vz_err *err)
{
	auto_json json_t *o = load(text, len, false, err);
	auto_oci_config struct vz_oci_config c = {0};

	if (!o || get_text(o, "architecture", &c.arch, err) < 0 || get_text(o, "os", &c.os, err) < 0 ||
	    get_text(o, "variant", &c.variant, err) < 0 || get_diff_ids(o, &c, err) < 0)
		return -1;
	if (!c.arch || !c.os)
		return wrong(err, "a configuration without an architecture or system");
	*ret = c;
	c = (struct vz_oci_config){0};
	return 0;
}
