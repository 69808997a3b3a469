/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/id.h"

#include <string.h>

#include "base/alloc.h"

void vz_ids_release(struct vz_ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->v[i].name);
	free(ids->v);
	*ids = (struct vz_ids){0};
}

bool vz_id_name_is_sane(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > 255)
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name >= 0x7f || strchr(":,/%", *name))
			return false;
	return true;
}

static int compare(const struct vz_id *a, enum vz_id_kind kind, const char *name)
{
	return a->kind != kind ? (a->kind > kind) - (a->kind < kind) : strcmp(a->name, name);
}

/* Where the name is, or would be. */
static size_t place_of(const struct vz_ids *ids, enum vz_id_kind kind, const char *name)
{
	size_t low = 0, high = ids->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&ids->v[middle], kind, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct vz_ids *ids, size_t i, enum vz_id_kind kind, const char *name)
{
	return i < ids->n && compare(&ids->v[i], kind, name) == 0;
}

void vz_ids_add(struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t id)
{
	vz_grow(ids->v, ids->n, ids->cap);
	ids->v[ids->n++] = (struct vz_id){ kind, vz_strdup(name), id };
}

/* Pairs of an element and where it was: sorting keeps the order of equal names. */
struct added {
	struct vz_id id;
	size_t place;
};

static int by_name(const void *a, const void *b)
{
	const struct added *x = a, *y = b;
	int order = compare(&x->id, y->id.kind, y->id.name);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

void vz_ids_sort(struct vz_ids *ids)
{
	struct added *all = vz_alloc((ids->n + 1) * sizeof *all);
	size_t kept = 0;

	for (size_t i = 0; i < ids->n; i++)
		all[i] = (struct added){ ids->v[i], i };
	qsort(all, ids->n, sizeof *all, by_name);
	for (size_t i = 0; i < ids->n; i++) {
		if (kept && compare(&ids->v[kept - 1], all[i].id.kind, all[i].id.name) == 0)
			free(all[i].id.name);
		else
			ids->v[kept++] = all[i].id;
	}
	ids->n = kept;
	free(all);
}

void vz_ids_put(struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t id)
{
	size_t i = place_of(ids, kind, name);

	if (!is_at(ids, i, kind, name)) {
		vz_grow(ids->v, ids->n, ids->cap);
		memmove(ids->v + i + 1, ids->v + i, (ids->n - i) * sizeof *ids->v);
		ids->v[i] = (struct vz_id){ .kind = kind, .name = vz_strdup(name) };
		ids->n++;
	}
	ids->v[i].id = id;
}

bool vz_ids_get(const struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t *ret)
{
	size_t i = place_of(ids, kind, name);

	if (!is_at(ids, i, kind, name))
		return false;
	*ret = ids->v[i].id;
	return true;
}

const char *vz_ids_holder(const struct vz_ids *ids, enum vz_id_kind kind, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i].kind == kind && ids->v[i].id == id)
			return ids->v[i].name;
	return NULL;
}

void vz_ids_merge(struct vz_ids *to, const struct vz_ids *from)
{
	for (size_t i = 0; i < from->n; i++)
		vz_ids_put(to, from->v[i].kind, from->v[i].name, from->v[i].id);
}

bool vz_ids_same(const struct vz_ids *a, const struct vz_ids *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (compare(&a->v[i], b->v[i].kind, b->v[i].name) != 0 || a->v[i].id != b->v[i].id)
			return false;
	return true;
}
