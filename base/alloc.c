/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *must(void *p)
{
	static const char line[] = "vzpkg: error: out of memory\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		_exit(1);
	_exit(1);
}

void *vz_alloc(size_t size)
{
	return must(calloc(1, size ? size : 1));
}

void *vz_realloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		must(NULL);
	return must(realloc(p, n && size ? n * size : 1));
}

void *vz_memdup(const void *p, size_t len)
{
	char *copy = must(malloc(len + 1));

	if (len)
		memcpy(copy, p, len);
	copy[len] = 0;
	return copy;
}

char *vz_strdup(const char *s)
{
	return s ? vz_memdup(s, strlen(s)) : NULL;
}

char *vz_strndup(const char *s, size_t n)
{
	return vz_memdup(s, strnlen(s, n));
}

char *vz_vprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	return vasprintf(&s, fmt, ap) < 0 ? must(NULL) : s;
}

char *vz_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vz_vprintf(fmt, ap);
	va_end(ap);
	return s;
}
