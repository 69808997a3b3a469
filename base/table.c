/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"

#include <string.h>

#include "base/alloc.h"

static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;    /* FNV-1a */

	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3u;
	return h ^ h >> 32;
}

/* The slot that holds `key`, or the free one where it would go. */
static size_t find(const struct vz_table *t, const char *key)
{
	size_t mask = t->n_slots - 1, i = hash(key) & mask;

	while (t->slots[i] && strcmp(t->items[t->slots[i] - 1].key, key))
		i = (i + 1) & mask;
	return i;
}

static void rehash(struct vz_table *t)
{
	free(t->slots);
	t->n_slots = t->n_slots ? 2 * t->n_slots : 16;
	t->slots = vz_alloc(t->n_slots * sizeof *t->slots);
	for (size_t i = 0; i < t->n; i++)
		t->slots[find(t, t->items[i].key)] = (uint32_t)i + 1;
}

void vz_table_release(struct vz_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->items[i].key);
	free(t->items);
	free(t->slots);
	*t = (struct vz_table){0};
}

void vz_table_put(struct vz_table *t, const char *key, void *value)
{
	size_t slot;

	if (2 * (t->n + 1) > t->n_slots)
		rehash(t);
	slot = find(t, key);
	if (t->slots[slot]) {
		t->items[t->slots[slot] - 1].value = value;
		return;
	}
	vz_grow(t->items, t->n, t->cap);
	t->items[t->n] = (struct vz_table_item){ vz_strdup(key), value };
	t->slots[slot] = (uint32_t)++t->n;
}

void *vz_table_get(const struct vz_table *t, const char *key)
{
	size_t slot;

	if (!t->n)
		return NULL;
	slot = find(t, key);
	return t->slots[slot] ? t->items[t->slots[slot] - 1].value : NULL;
}

bool vz_table_has(const struct vz_table *t, const char *key)
{
	return t->n && t->slots[find(t, key)];
}
