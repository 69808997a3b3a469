/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json.h"
#include "vzpkg/json_value.h"

static json_t *version(const struct vz_manifest *m)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", text(m->name));
	json_object_set_new(j, "version", number(m->version));
	return j;
}

static json_t *entries(const struct vz_changelog *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		json_t *j = json_object();

		json_object_set_new(j, "version", text(c->v[i].version));
		json_object_set_new(j, "date", c->v[i].time ? rfc3339(c->v[i].time) : json_null());
		json_object_set_new(j, "text", text(c->v[i].text));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *vulnerabilities(const struct vz_changelog *c)
{
	auto_texts struct vz_texts names = {0};

	for (size_t i = 0; i < c->n; i++)
		vz_changelog_vulnerabilities(c->v[i].text, &names);
	return texts(&names);
}

static json_t *change(const struct vz_json_diff *d, size_t i)
{
	const struct vz_plan_change *c = &d->difference->packages.v[i];
	const struct vz_plan_package *any = c->now ? c->now : c->before;
	json_t *j = json_object();

	json_object_set_new(j, "name", text(any->name));
	json_object_set_new(j, "arch", text(any->arch));
	json_object_set_new(j, "old", text(c->before ? c->before->version : NULL));
	json_object_set_new(j, "new", text(c->now ? c->now->version : NULL));
	json_object_set_new(j, "security", json_boolean(c->now && vz_plan_is_security(d->now_plan, c->now)));
	if (d->changelogs) {
		json_object_set_new(j, "changelog", entries(&d->changelogs[i]));
		json_object_set_new(j, "changelog_cut", json_boolean(d->changelogs[i].cut));
		json_object_set_new(j, "vulnerabilities", vulnerabilities(&d->changelogs[i]));
	}
	return j;
}

static json_t *paths(const struct vz_difference *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->n_files; i++) {
		const char kind = x->files[i].kind;
		json_t *j = json_object();

		json_object_set_new(j, "path", text(x->files[i].path));
		json_object_set_new(j, "change", text(kind == '+' ? "added" : kind == '-' ? "removed" : "changed"));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *files(const struct vz_difference *x)
{
	json_t *j = json_object();

	json_object_set_new(j, "added", number(x->added));
	json_object_set_new(j, "removed", number(x->removed));
	json_object_set_new(j, "changed", number(x->changed));
	return j;
}

void vz_json_diff(const struct vz_json_diff *d)
{
	json_t *j = json_object(), *packages = json_array(), *bytes = json_object();

	for (size_t i = 0; i < d->difference->packages.n; i++)
		json_array_append_new(packages, change(d, i));
	json_object_set_new(bytes, "old", number(d->difference->bytes_before));
	json_object_set_new(bytes, "new", number(d->difference->bytes_now));
	json_object_set_new(bytes, "added", number(d->difference->bytes_new));
	json_object_set_new(j, "old", version(d->before));
	json_object_set_new(j, "new", version(d->now));
	json_object_set_new(j, "packages", packages);
	json_object_set_new(j, "files", files(d->difference));
	json_object_set_new(j, "bytes", bytes);
	if (d->files)
		json_object_set_new(j, "paths", paths(d->difference));
	print(j);
}
