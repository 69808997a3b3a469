/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json_keep.h"

#include "vzpkg/json_value.h"

void vz_json_clean(bool dry_run, const struct vz_json_freed *kinds, size_t n, const struct vz_texts *unread)
{
	json_t *j = json_object(), *removed = json_object();
	uint64_t freed = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *kind = json_object();

		freed += kinds[i].sum.bytes;
		json_object_set_new(kind, "n", number(kinds[i].sum.n));
		json_object_set_new(kind, "bytes", number(kinds[i].sum.bytes));
		json_object_set_new(removed, kinds[i].kind, kind);
	}
	json_object_set_new(j, "dry_run", json_boolean(dry_run));
	json_object_set_new(j, "freed", number(freed));
	json_object_set_new(j, "removed", removed);
	json_object_set_new(j, "unread", texts(unread));
	print(j);
}

void vz_json_df(const struct vz_json_df *d)
{
	json_t *j = json_object(), *envs = json_array();

	for (size_t i = 0; i < d->n_envs; i++) {
		json_t *e = json_object();

		json_object_set_new(e, "env", text(d->envs[i].env));
		json_object_set_new(e, "private", number(d->envs[i].private_bytes));
		json_object_set_new(e, "shared", number(d->envs[i].shared));
		json_object_set_new(e, "freed_if_removed", number(d->envs[i].freed_if_removed));
		json_array_append_new(envs, e);
	}
	json_object_set_new(j, "objects", number(d->objects));
	json_object_set_new(j, "bytes", number(d->bytes));
	json_object_set_new(j, "logical_bytes", number(d->logical_bytes));
	json_object_set_new(j, "unused_bytes", number(d->unused_bytes));
	json_object_set_new(j, "envs", envs);
	print(j);
}

static json_t *finding(const struct vz_finding *f)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", text(vz_finding_word(f->kind)));
	json_object_set_new(j, "path", text(f->path));
	json_object_set_new(j, "why", text(f->why));
	if (f->repaired)
		json_object_set_new(j, "how", text(f->repaired));
	json_object_set_new(j, "used_by", texts(&f->users));
	return j;
}

void vz_json_findings(const struct vz_findings *f)
{
	json_t *j = json_object(), *damaged = json_array(), *missing = json_array(), *repaired = json_array();

	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(f->v[i].repaired ? repaired : f->v[i].missing ? missing : damaged, finding(&f->v[i]));
	json_object_set_new(j, "checked", number(f->checked));
	json_object_set_new(j, "bytes", number(f->bytes));
	json_object_set_new(j, "damaged", damaged);
	json_object_set_new(j, "missing", missing);
	json_object_set_new(j, "repaired", repaired);
	print(j);
}
