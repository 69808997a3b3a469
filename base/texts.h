/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of texts, in the order they were added; it owns them.
 *
 *     auto_texts struct vz_texts t = {0};
 *     vz_texts_add(&t, "x");
 *     for (size_t i = 0; i < t.n; i++) use(t.v[i]);
 */
#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct vz_texts {
	char **v;
	size_t n, cap;
};

void vz_texts_release(struct vz_texts *t);
#define auto_texts __attribute__((cleanup(vz_texts_release)))

void vz_texts_add(struct vz_texts *t, const char *text);                 /* a copy of it */
bool vz_texts_has(const struct vz_texts *t, const char *text);
bool vz_texts_remove(struct vz_texts *t, const char *text);              /* the first equal one; false: there is none */
void vz_texts_copy(const struct vz_texts *from, struct vz_texts *ret);   /* `ret` is empty before */
bool vz_texts_same(const struct vz_texts *a, const struct vz_texts *b);  /* in the same order */
void vz_texts_sort(struct vz_texts *t);                                  /* in byte order; of equal ones the first stays */

#endif
