/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of a tree: taken in small pieces, given back all at once.
 *
 * A tree of a hundred thousand nodes is a few hundred blocks instead of half a
 * million, and freeing it costs nothing.  Nothing in it is freed singly.
 */
#ifndef STORE_ARENA_H
#define STORE_ARENA_H

#include <stddef.h>

struct vz_arena;

struct vz_arena *vz_arena_new(void);
void vz_arena_free(struct vz_arena *a);
void *vz_arena_alloc(struct vz_arena *a, size_t size);                        /* zeroed, aligned for any value */
char *vz_arena_copy(struct vz_arena *a, const void *data, size_t len);        /* a NUL byte is added behind */

#endif
