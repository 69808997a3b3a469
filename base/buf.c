/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void vz_buf_release(struct vz_buf *b)
{
	free(b->data);
	*b = (struct vz_buf){0};
}

void vz_buf_reserve(struct vz_buf *b, size_t more)
{
	size_t need = b->len + more + 1;

	if (need <= b->cap)
		return;
	b->cap = need > 2 * b->cap ? need : 2 * b->cap;
	b->data = vz_realloc(b->data, b->cap, 1);
}

void vz_buf_add(struct vz_buf *b, const void *data, size_t len)
{
	vz_buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
}

void vz_buf_puts(struct vz_buf *b, const char *s)
{
	vz_buf_add(b, s, strlen(s));
}

void vz_buf_putc(struct vz_buf *b, char c)
{
	vz_buf_add(b, &c, 1);
}

void vz_buf_printf(struct vz_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	vz_buf_reserve(b, 128);
	n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
	if (n > 0 && (size_t)n >= b->cap - b->len) {
		vz_buf_reserve(b, (size_t)n);
		n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
	}
	va_end(again);
	va_end(ap);
	if (n > 0)
		b->len += (size_t)n;
}

void vz_buf_zero(struct vz_buf *b, size_t len)
{
	vz_buf_reserve(b, len);
	memset(b->data + b->len, 0, len + 1);
	b->len += len;
}

void vz_buf_clear(struct vz_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = 0;
}

char *vz_buf_steal(struct vz_buf *b)
{
	char *s;

	vz_buf_reserve(b, 0);
	b->data[b->len] = 0;
	s = b->data;
	*b = (struct vz_buf){0};
	return s;
}

void vz_buf_le16(struct vz_buf *b, uint16_t v)
{
	unsigned char raw[2] = { v & 0xff, v >> 8 };

	vz_buf_add(b, raw, sizeof raw);
}

void vz_buf_le32(struct vz_buf *b, uint32_t v)
{
	vz_buf_le16(b, v & 0xffff);
	vz_buf_le16(b, v >> 16);
}

void vz_buf_le64(struct vz_buf *b, uint64_t v)
{
	vz_buf_le32(b, v & 0xffffffff);
	vz_buf_le32(b, v >> 32);
}
