/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table from strings to pointers, in insertion order.
 *
 * Keys are copied; values belong to the caller.  Iteration follows the order
 * in which keys were first put, so that what is built from a table does not
 * depend on addresses or hash seeds:
 *
 *     for (size_t i = 0; i < t->n; i++) use(t->items[i].key, t->items[i].value);
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vz_table_item {
	char *key;
	void *value;
};

struct vz_table {
	struct vz_table_item *items;
	size_t n, cap;
	uint32_t *slots;     /* open addressing; index + 1, 0 is free */
	size_t n_slots;      /* a power of two */
};

void vz_table_release(struct vz_table *t);                     /* frees keys, not values */
void vz_table_put(struct vz_table *t, const char *key, void *value);  /* replaces */
void *vz_table_get(const struct vz_table *t, const char *key); /* NULL if absent */
bool vz_table_has(const struct vz_table *t, const char *key);
#define auto_table __attribute__((cleanup(vz_table_release)))

#endif
