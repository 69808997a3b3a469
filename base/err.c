/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void vz_clean(char *s, enum vz_clean how)
{
	for (unsigned char *p = (unsigned char *)s; *p; p++) {
		if (how == VZ_CLEAN_TEXT && (*p == '\n' || *p == '\t'))
			continue;
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			p[0] = p[1] = '?';
	}
}

static int fill(struct vz_err *err, enum vz_code code, const char *tail, const char *fmt, va_list ap)
{
	int n = vsnprintf(err->msg, sizeof err->msg, fmt, ap);

	if (tail && n >= 0 && (size_t)n < sizeof err->msg)
		snprintf(err->msg + n, sizeof err->msg - (size_t)n, ": %s", tail);
	vz_clean(err->msg, VZ_CLEAN_LINE);
	err->code = code;
	err->hint[0] = 0;
	return -1;
}

int vz_err_set(struct vz_err *err, enum vz_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int vz_err_sys(struct vz_err *err, const char *fmt, ...)
{
	int saved = errno;
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	fill(err, VZ_FAILED, strerror_r(saved, text, sizeof text), fmt, ap);
	va_end(ap);
	if (saved == ENOSPC || saved == EDQUOT)
		vz_err_hint(err, "free space on that file system, or run 'vzpkg clean'");
	errno = saved;
	return -1;
}

int vz_err_wrap(struct vz_err *err, const char *fmt, ...)
{
	char context[sizeof err->msg / 2];
	va_list ap;
	size_t n, keep;

	va_start(ap, fmt);
	vsnprintf(context, sizeof context - 2, fmt, ap);
	va_end(ap);
	n = strlen(context);
	memcpy(context + n, ": ", 2);
	n += 2;
	keep = strlen(err->msg);
	if (keep > sizeof err->msg - 1 - n)
		keep = sizeof err->msg - 1 - n;
	memmove(err->msg + n, err->msg, keep);
	memcpy(err->msg, context, n);
	err->msg[n + keep] = 0;
	vz_clean(err->msg, VZ_CLEAN_LINE);
	return -1;
}

int vz_err_hint(struct vz_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	vz_clean(err->hint, VZ_CLEAN_LINE);
	return -1;
}
