/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/oci_image.h"

#include <jansson.h>
#include <time.h>

#define PATH_VALUE "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A member is left out where `value` is NULL; json_string() gives NULL for what is not UTF-8, which finish() notices. */
static void put_text(json_t *o, const char *key, const char *value, bool *good)
{
	if (value && json_object_set_new(o, key, json_string(value)) < 0)
		*good = false;
}

static void put_digest(json_t *o, const char *hex, bool *good)
{
	auto_free char *text = vz_printf("sha256:%s", hex);

	put_text(o, "digest", text, good);
}

static void put_pairs(json_t *o, const char *key, const struct vz_oci_pairs *p, bool *good)
{
	json_t *pairs;

	if (!p->n)
		return;
	pairs = json_object();
	for (size_t i = 0; i < p->n; i++)
		put_text(pairs, p->items[i].key, p->items[i].value, good);
	json_object_set_new(o, key, pairs);
}

static json_t *descriptor(const struct vz_oci_descriptor *d, bool *good)
{
	json_t *o = json_object();

	put_text(o, "mediaType", d->type, good);
	put_digest(o, d->digest, good);
	json_object_set_new(o, "size", json_integer((json_int_t)d->size));
	put_pairs(o, "annotations", &d->annotations, good);
	if (d->arch) {
		json_t *platform = json_object();

		put_text(platform, "architecture", d->arch, good);
		put_text(platform, "os", d->os, good);
		json_object_set_new(o, "platform", platform);
	}
	return o;
}

/* Takes `o`. */
static int finish(json_t *o, bool good, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *text = good ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(o);
	if (!text)
		return vz_err_set(err, VZ_FAILED, "a text is not UTF-8, which OCI documents are");
	vz_buf_puts(ret, text);
	return 0;
}

static json_t *document(const char *type)
{
	json_t *o = json_object();

	json_object_set_new(o, "schemaVersion", json_integer(2));
	json_object_set_new(o, "mediaType", json_string(type));
	return o;
}

int vz_oci_index_write(const struct vz_oci_index *i, struct vz_buf *ret, struct vz_err *err)
{
	json_t *o = document(VZ_OCI_INDEX), *list = json_array();
	bool good = true;

	for (size_t k = 0; k < i->n; k++)
		json_array_append_new(list, descriptor(&i->manifests[k], &good));
	json_object_set_new(o, "manifests", list);
	return finish(o, good, ret, err);
}

int vz_oci_manifest_write(const struct vz_oci_manifest *m, struct vz_buf *ret, struct vz_err *err)
{
	json_t *o = document(VZ_OCI_MANIFEST), *list = json_array();
	bool good = true;

	put_text(o, "artifactType", m->artifact_type, &good);
	json_object_set_new(o, "config", descriptor(&m->config, &good));
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(list, descriptor(&m->layers[i], &good));
	json_object_set_new(o, "layers", list);
	put_pairs(o, "annotations", &m->annotations, &good);
	return finish(o, good, ret, err);
}

static void put_time(json_t *o, const char *key, int64_t t, bool *good)
{
	time_t when = (time_t)t;
	char text[40];
	struct tm tm;

	/* RFC 3339 has four digits for the year */
	if (t < -62167219200 || t > 253402300799)
		return;
	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	put_text(o, key, text, good);
}

static json_t *history(const struct vz_oci_config *c, bool *good)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		json_t *h = json_object();

		put_time(h, "created", c->created, good);
		put_text(h, "created_by", "vzpkg", good);
		put_text(h, "comment", c->layer_names ? c->layer_names[i] : NULL, good);
		json_array_append_new(list, h);
	}
	return list;
}

static json_t *run_config(const struct vz_oci_config *c, bool *good)
{
	json_t *o = json_object();

	json_object_set_new(o, "Env", json_pack("[s]", PATH_VALUE));
	if (c->command)
		json_object_set_new(o, "Cmd", json_pack("[s]", c->command));
	put_pairs(o, "Labels", &c->labels, good);
	return o;
}

int vz_oci_config_write(const struct vz_oci_config *c, struct vz_buf *ret, struct vz_err *err)
{
	json_t *o = json_object(), *rootfs = json_object(), *ids = json_array();
	bool good = true;

	put_time(o, "created", c->created, &good);
	put_text(o, "architecture", c->arch, &good);
	put_text(o, "os", c->os, &good);
	put_text(o, "variant", c->variant, &good);
	for (size_t i = 0; i < c->n; i++) {
		auto_free char *id = vz_printf("sha256:%s", c->diff_ids[i]);

		json_array_append_new(ids, json_string(id));
	}
	json_object_set_new(rootfs, "type", json_string("layers"));
	json_object_set_new(rootfs, "diff_ids", ids);
	json_object_set_new(o, "rootfs", rootfs);
	json_object_set_new(o, "config", run_config(c, &good));
	json_object_set_new(o, "history", history(c, &good));
	return finish(o, good, ret, err);
}
