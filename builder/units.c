/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void vz_units_release(struct vz_units *u)
{
	free(u->items);
	free(u->sorted);
	*u = (struct vz_units){0};
}

bool vz_units_add(struct vz_units *u, const char *text, size_t len, const char *key, size_t key_len)
{
	if (u->n == VZ_UNITS_MAX)
		return false;
	vz_grow(u->items, u->n, u->cap);
	u->items[u->n++] = (struct vz_unit){ text, len, key_len ? key : NULL, key_len, 0 };
	return true;
}

bool vz_units_add_lines(struct vz_units *u, const char *text, size_t len, char separator)
{
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text)), *stop = nl ? nl : end;
		const char *sep = separator ? memchr(text, separator, (size_t)(stop - text)) : stop;
		bool named = sep && sep > text && !strchr("#+-", *text);

		if (!vz_units_add(u, text, (size_t)(stop - text), text, named ? (size_t)(sep - text) : 0))
			return false;
		text = nl ? nl + 1 : end;
	}
	return true;
}

static int by_key(const struct vz_unit *x, const struct vz_unit *y)
{
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = memcmp(x->key, y->key, len);

	return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static int by_place(const void *a, const void *b)
{
	const struct vz_unit *const *x = a, *const *y = b;
	int order = by_key(*x, *y);

	return order ? order : (*x > *y) - (*x < *y);
}

static int by_ordinal(const void *a, const void *b)
{
	const struct vz_unit *const *x = a, *const *y = b;
	int order = by_key(*x, *y);

	return order ? order : ((*x)->ordinal > (*y)->ordinal) - ((*x)->ordinal < (*y)->ordinal);
}

void vz_units_index(struct vz_units *u)
{
	u->sorted = vz_realloc(u->sorted, u->n + 1, sizeof *u->sorted);
	u->n_sorted = 0;
	for (size_t i = 0; i < u->n; i++)
		if (u->items[i].key)
			u->sorted[u->n_sorted++] = &u->items[i];
	qsort(u->sorted, u->n_sorted, sizeof *u->sorted, by_place);
	for (size_t i = 1; i < u->n_sorted; i++)
		if (by_key(u->sorted[i - 1], u->sorted[i]) == 0)
			u->items[u->sorted[i] - u->items].ordinal = u->sorted[i - 1]->ordinal + 1;
}

const struct vz_unit *vz_units_find(const struct vz_units *u, const struct vz_unit *like)
{
	const struct vz_unit **found;

	if (!like->key || !u->n_sorted)
		return NULL;
	found = bsearch(&like, u->sorted, u->n_sorted, sizeof *u->sorted, by_ordinal);
	return found ? *found : NULL;
}

const struct vz_unit *vz_units_get(const struct vz_units *u, const char *key, size_t key_len)
{
	const struct vz_unit like = { .key = key, .key_len = key_len };

	return vz_units_find(u, &like);
}

bool vz_unit_same(const struct vz_unit *a, const struct vz_unit *b)
{
	return a == b || (a && b && a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}

void vz_units_merge(const struct vz_units *base, const struct vz_units *theirs, const struct vz_units *new,
		    void (*put)(void *ctx, const struct vz_unit *u), void *ctx)
{
	for (size_t i = 0; i < theirs->n; i++) {
		const struct vz_unit *t = &theirs->items[i], *b = vz_units_find(base, t), *n = vz_units_find(new, t);

		if (!vz_unit_same(t, b))
			put(ctx, t);
		else if (n)
			put(ctx, n);
	}
	for (size_t i = 0; i < new->n; i++) {
		const struct vz_unit *n = &new->items[i];

		if (n->key && !vz_units_find(theirs, n) && !vz_units_find(base, n))
			put(ctx, n);
	}
}
