/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json_share.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "vzpkg/terminal.h"

static void print(json_t *doc)
{
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
}

void vz_json_export(const struct vz_export *e, const char *format)
{
	const struct vz_manifest *m = &e->subject->manifest;

	print(json_pack("{s:s, s:I, s:s, s:s, s:s, s:I}", "name", m->name, "version", (json_int_t)m->version, "format", format,
			"to", e->path, "digest", e->digest, "size", (json_int_t)e->size));
}

static json_t *arrived(const struct vz_manifest *m, bool changed)
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(&m->image, hex);
	return json_pack("{s:s, s:I, s:{s:s, s:I}, s:I, s:I, s:I, s:I, s:b}", "name", m->name, "version", (json_int_t)m->version,
			 "image", "digest", hex, "size", (json_int_t)m->image_size, "packages", (json_int_t)m->packages, "files",
			 (json_int_t)m->files, "bytes", (json_int_t)m->bytes, "new_bytes", (json_int_t)m->new_bytes, "changed",
			 changed);
}

void vz_json_arrived(const struct vz_manifest *m, bool changed)
{
	print(arrived(m, changed));
}

void vz_json_pull(const struct vz_pull *p, const char *from)
{
	json_t *doc = p->dry_run ? json_object() : arrived(&p->manifest, p->changed);

	json_object_set_new(doc, "from", json_string(from));
	json_object_set_new(doc, "artifact", json_string(p->digest));
	json_object_set_new(doc, "fetched", json_integer((json_int_t)p->fetched));
	print(doc);
}

static void put_digest(json_t *doc, const char *key, const struct vz_digest *d)
{
	static const struct vz_digest none;
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	if (vz_digest_cmp(d, &none))
		json_object_set_new(doc, key, json_string(hex));
}

void vz_json_clone(const struct vz_env *e, const char *from, const struct vz_seal *sealed, double seconds)
{
	json_t *doc = json_pack("{s:s, s:s, s:I}", "env", e->name, "from", from, "generation", (json_int_t)e->generation);

	json_object_set_new(doc, "template", json_string(e->shows.template_name));
	put_digest(doc, "image", &e->shows.image);
	put_digest(doc, "layer", &e->layer);
	if (sealed) {
		json_object_set_new(doc, "sealed", json_pack("{s:I, s:I, s:I}", "files", (json_int_t)sealed->files, "bytes",
				    (json_int_t)sealed->bytes, "new_bytes", (json_int_t)sealed->new_bytes));
		json_object_set_new(doc, "seconds", json_real(seconds));
	}
	print(doc);
}

void vz_json_linked(const struct vz_linked *list, size_t n)
{
	json_t *doc = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(doc, json_pack("{s:s, s:I, s:I, s:I, s:I}", "env", list[i].env, "files",
				      (json_int_t)list[i].files, "before", (json_int_t)list[i].before, "after",
				      (json_int_t)list[i].after, "new_bytes", (json_int_t)list[i].new_bytes));
	print(doc);
}

static json_t *texts(const struct vz_texts *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++) {
		json_t *one = json_string(t->v[i]);

		/* a path may be anything */
		json_array_append_new(list, one ? one : json_string("?"));
	}
	return list;
}

/* Of "NAME VERSION ARCH HOW". */
static json_t *captured_package(const char *line)
{
	auto_free char *copy = vz_strdup(line);
	char *save = NULL, *name = strtok_r(copy, " ", &save), *version = strtok_r(NULL, " ", &save);
	char *arch = strtok_r(NULL, " ", &save), *how = strtok_r(NULL, " ", &save);

	return json_pack("{s:s, s:s, s:s, s:b}", "name", name, "version", version, "arch", arch, "asked",
			 how && strcmp(how, "asked") == 0);
}

void vz_json_capture(const struct vz_application *a)
{
	const struct vz_recording_make *m = &a->make;
	json_t *doc = json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:I}", "name", a->name, "version", (json_int_t)a->manifest.version,
				"env", a->env, "template", m->about.template, "files", (json_int_t)m->files, "loose",
				(json_int_t)m->loose, "removed", (json_int_t)m->removed, "bytes", (json_int_t)m->bytes);
	json_t *packages = json_array();

	for (size_t i = 0; i < m->about.packages.n; i++)
		json_array_append_new(packages, captured_package(m->about.packages.v[i]));
	put_digest(doc, "image", &a->manifest.image);
	json_object_set_new(doc, "packages", packages);
	json_object_set_new(doc, "users", texts(&m->users));
	json_object_set_new(doc, "left_out", texts(&m->left_out));
	print(doc);
}

void vz_json_backup(const struct vz_backup *b, const struct vz_env *e, const char *to)
{
	print(json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:s}", "env", e->name, "generation", (json_int_t)e->generation, "template",
			e->shows.template_name, "to", to, "size", (json_int_t)b->size, "files", (json_int_t)b->files, "digest",
			b->digest));
}

void vz_json_restore(const struct vz_restore *r)
{
	json_t *doc = json_pack("{s:s, s:I, s:s, s:I, s:I, s:I}", "env", r->env.name, "generation", (json_int_t)r->env.generation,
				"template", r->env.shows.template_name, "version", (json_int_t)r->env.shows.template_version,
				"new_bytes", (json_int_t)r->new_bytes, "packages", (json_int_t)r->packages);

	put_digest(doc, "image", &r->env.shows.image);
	put_digest(doc, "layer", &r->env.layer);
	print(doc);
}

void vz_json_migrate(const struct vz_migrate *m)
{
	print(json_pack("{s:s, s:s, s:b, s:I, s:I, s:f}", "env", m->name, "to", m->host, "running", m->stop != NULL, "sent",
			(json_int_t)m->sent, "sent_stopped", (json_int_t)m->sent_stopped, "pause", m->pause));
}

void vz_json_push(const struct vz_push *p, const char *to)
{
	const struct vz_manifest *m = &p->subject->manifest;

	print(json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:I}", "name", m->name, "version", (json_int_t)m->version, "to", to,
			"digest", p->digest, "size", (json_int_t)p->size, "sent", (json_int_t)p->sent, "blobs", (json_int_t)p->blobs));
}

void vz_print_arrived(const struct vz_manifest *m, bool changed, bool dry_run)
{
	char bytes[16], fresh[16];

	if (!changed)
		printf("%s@%u: is that already\n", m->name, m->version);
	else if (dry_run)
		printf("%s: would be published\n", m->name);
	else
		printf("%s@%u: %llu packages, %llu files, %s, of which %s new in the store, in %.1f s\n", m->name, m->version,
		       (unsigned long long)m->packages, (unsigned long long)m->files, vz_human_bytes(m->bytes, bytes),
		       vz_human_bytes(m->new_bytes, fresh), m->seconds);
}
