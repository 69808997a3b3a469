/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/arena.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"

#define ALIGN _Alignof(max_align_t)
#define FIRST 4096
#define LARGEST (1024 * 1024)
#define MAPPED 65536     /* chunks from this size on are mapped */

/* Values grow from the front and strings from the back, so that strings cost no padding. */
struct chunk {
	struct chunk *next;
	size_t front, back, size;
	bool mapped;
	_Alignas(max_align_t) char bytes[];
};

struct vz_arena {
	struct chunk *chunks;    /* the first has room */
	size_t size;             /* of the next chunk */
};

struct vz_arena *vz_arena_new(void)
{
	struct vz_arena *a = vz_new(struct vz_arena);

	a->size = FIRST;
	return a;
}

void vz_arena_free(struct vz_arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct chunk *c = a->chunks;

		a->chunks = c->next;
		if (c->mapped)
			munmap(c, c->size);
		else
			free(c);
	}
	free(a);
}

/* A large chunk gets all its pages in one call: to fault them in one by one, as they are
 * first written, costs several times as much, and more than what is done with them. */
static struct chunk *new_chunk(size_t len)
{
	size_t size = sizeof(struct chunk) + len;
	struct chunk *c = MAP_FAILED;

	if (size >= MAPPED)
		c = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (c == MAP_FAILED)
		c = vz_alloc(size);
	else
		c->mapped = true;
	c->size = size;
	c->back = len;
	return c;
}

static struct chunk *room(struct vz_arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	size_t want = a->size - sizeof *c;

	if (c && c->back - c->front >= size)
		return c;
	if (want < size)
		want = size;
	else if (a->size < LARGEST)
		a->size *= 2;
	c = new_chunk(want);
	/* a block made for one large piece is full: the one with room stays in front */
	if (want == size && a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *vz_arena_alloc(struct vz_arena *a, size_t size)
{
	struct chunk *c;
	void *p;

	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	c = room(a, size);
	p = c->bytes + c->front;
	c->front += size;
	return p;
}

char *vz_arena_copy(struct vz_arena *a, const void *data, size_t len)
{
	struct chunk *c = room(a, len + 1);
	char *p;

	c->back -= len + 1;
	p = c->bytes + c->back;
	if (len)
		memcpy(p, data, len);
	p[len] = 0;
	return p;
}
