/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/texts.h"

#include <string.h>

#include "base/alloc.h"

void vz_texts_release(struct vz_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	*t = (struct vz_texts){0};
}

void vz_texts_add(struct vz_texts *t, const char *text)
{
	vz_grow(t->v, t->n, t->cap);
	t->v[t->n++] = vz_strdup(text);
}

static size_t find(const struct vz_texts *t, const char *text)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->v[i], text) != 0)
		i++;
	return i;
}

bool vz_texts_has(const struct vz_texts *t, const char *text)
{
	return find(t, text) < t->n;
}

bool vz_texts_remove(struct vz_texts *t, const char *text)
{
	size_t i = find(t, text);

	if (i == t->n)
		return false;
	free(t->v[i]);
	memmove(t->v + i, t->v + i + 1, (t->n - i - 1) * sizeof *t->v);
	t->n--;
	return true;
}

void vz_texts_copy(const struct vz_texts *from, struct vz_texts *ret)
{
	for (size_t i = 0; i < from->n; i++)
		vz_texts_add(ret, from->v[i]);
}

bool vz_texts_same(const struct vz_texts *a, const struct vz_texts *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && strcmp(a->v[i], b->v[i]) == 0)
		i++;
	return i == a->n && i == b->n;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void vz_texts_sort(struct vz_texts *t)
{
	size_t kept = 0;

	if (!t->n)
		return;
	qsort(t->v, t->n, sizeof *t->v, compare);
	for (size_t i = 1; i < t->n; i++) {
		if (strcmp(t->v[i], t->v[kept]) == 0)
			free(t->v[i]);
		else
			t->v[++kept] = t->v[i];
	}
	t->n = kept + 1;
}
