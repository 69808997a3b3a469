/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that cannot fail, and cleanup by scope.
 *
 * Out of memory ends the process here, with a line on stderr and exit code 1;
 * callers never test for NULL.  `auto_free char *s = vz_strdup(x);` frees at
 * the end of the scope; hand over with `steal(&s)`.  A type defines its own
 * attribute with VZ_AUTO(type, destructor): the destructor takes NULL and
 * half-built values.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *vz_alloc(size_t size);                   /* zeroed */
void *vz_realloc(void *p, size_t n, size_t size);  /* n elements; overflow checked; new part not zeroed */
void *vz_memdup(const void *p, size_t len);    /* one NUL byte is added behind */
char *vz_strdup(const char *s);                /* NULL gives NULL */
char *vz_strndup(const char *s, size_t n);
char *vz_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *vz_vprintf(const char *fmt, va_list ap);

#define vz_new(type) ((type *)vz_alloc(sizeof(type)))

/* Makes room for element `n` of a growing array; capacity doubles. */
#define vz_grow(array, n, cap) \
	do { \
		if ((n) >= (cap)) { \
			(cap) = (cap) ? 2 * (cap) : 8; \
			(array) = vz_realloc((array), (cap), sizeof *(array)); \
		} \
	} while (0)

#define steal(pp) ({ __typeof__(*(pp)) stolen_ = *(pp); *(pp) = NULL; stolen_; })

static inline void vz_free_indirect(void *pp)
{
	free(*(void **)pp);
}
#define auto_free __attribute__((cleanup(vz_free_indirect)))

/* VZ_AUTO(struct vz_tree, vz_tree_free) gives vz_tree_free_indirect(). */
#define VZ_AUTO(type, destroy) \
	static inline void destroy##_indirect(type **pp) { destroy(*pp); }
#define VZ_CLEANUP(destroy) __attribute__((cleanup(destroy##_indirect), unused))

#endif
