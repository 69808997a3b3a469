/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing byte buffer.  Starts as `struct vz_buf b = {0};` or
 * `auto_buf struct vz_buf b = {0};`; `data` always has a NUL byte behind `len`
 * once something was added.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct vz_buf {
	char *data;
	size_t len, cap;
};

void vz_buf_release(struct vz_buf *b);
#define auto_buf __attribute__((cleanup(vz_buf_release)))

void vz_buf_reserve(struct vz_buf *b, size_t more);  /* room for `more` bytes plus a NUL */
void vz_buf_add(struct vz_buf *b, const void *data, size_t len);
void vz_buf_puts(struct vz_buf *b, const char *s);
void vz_buf_putc(struct vz_buf *b, char c);
void vz_buf_printf(struct vz_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vz_buf_zero(struct vz_buf *b, size_t len);      /* adds zero bytes */
void vz_buf_clear(struct vz_buf *b);                 /* keeps the memory */
char *vz_buf_steal(struct vz_buf *b);                /* NUL-terminated; never NULL; buffer is empty after */

/* Little-endian integers, for on-disk formats. */
void vz_buf_le16(struct vz_buf *b, uint16_t v);
void vz_buf_le32(struct vz_buf *b, uint32_t v);
void vz_buf_le64(struct vz_buf *b, uint64_t v);

#endif
