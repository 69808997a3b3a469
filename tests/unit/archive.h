/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives byte by byte, for tests: also such as no tool would write. */
#ifndef TESTS_ARCHIVE_H
#define TESTS_ARCHIVE_H

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Bytes put somewhere. */
struct raw {
	size_t at;
	const char *bytes;
	size_t len;
};

/* One tar entry; what is 0 or NULL gets a plain value. */
struct item {
	char type;                   /* '0' */
	const char *name, *link;
	const char *data;            /* its length is the size, unless … */
	const char *size;            /* … this octal text says another */
	unsigned mode;               /* 0644, directories 0755 */
	unsigned uid, gid, major, minor;
	const char *prefix;          /* ustar */
	const char *mtime;           /* octal text; "100" */
	int spoil;                   /* added to the checksum */
	struct raw raw;              /* into the header, before it is summed */
};

static inline void tar_block(struct vz_buf *b, const void *data, size_t len)
{
	vz_buf_add(b, data, len);
	vz_buf_zero(b, -len % 512);
}

/* `len` octal digits, without a NUL. */
static inline void put_octal(char *field, int len, size_t v)
{
	while (len--) {
		field[len] = (char)('0' + (v & 7));
		v >>= 3;
	}
}

static inline void tar_add(struct vz_buf *b, const struct item *i)
{
	char h[512] = "";
	unsigned sum = 0;
	size_t len = i->data ? strlen(i->data) : 0;
	char type = i->type ? i->type : '0';

	memcpy(h, i->name, strnlen(i->name, 100));
	put_octal(h + 100, 7, i->mode ? i->mode : type == '5' ? 0755 : 0644);
	put_octal(h + 108, 7, i->uid);
	put_octal(h + 116, 7, i->gid);
	put_octal(h + 124, 11, len);
	if (i->size)
		memcpy(h + 124, i->size, strnlen(i->size, 12));
	memcpy(h + 136, i->mtime ? i->mtime : "100", strnlen(i->mtime ? i->mtime : "100", 12));
	h[156] = type;
	if (i->link)
		memcpy(h + 157, i->link, strnlen(i->link, 100));
	memcpy(h + 257, i->prefix ? "ustar\00000" : "ustar  ", 8);
	put_octal(h + 329, 7, i->major);
	put_octal(h + 337, 7, i->minor);
	if (i->prefix)
		memcpy(h + 345, i->prefix, strnlen(i->prefix, 155));
	memset(h + 148, ' ', 8);
	if (i->raw.len)
		memcpy(h + i->raw.at, i->raw.bytes, i->raw.len);
	for (size_t n = 0; n < sizeof h; n++)
		sum += (unsigned char)h[n];
	put_octal(h + 148, 6, sum + (size_t)i->spoil);
	h[154] = 0;
	tar_block(b, h, sizeof h);
	if (i->data)
		tar_block(b, i->data, len);
}

static inline void tar_end(struct vz_buf *b)
{
	vz_buf_zero(b, 1024);
}

static inline void ar_add(struct vz_buf *b, const char *name, const void *data, size_t len)
{
	if (!b->len)
		vz_buf_puts(b, "!<arch>\n");
	vz_buf_printf(b, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "100644", len);
	vz_buf_add(b, data, len);
	if (len % 2)
		vz_buf_putc(b, '\n');
}

/* A .deb of a control archive and a data archive. */
static inline void deb_make(struct vz_buf *b, const struct vz_buf *control, const struct vz_buf *data)
{
	ar_add(b, "debian-binary", "2.0\n", 4);
	ar_add(b, "control.tar", control->data, control->len);
	ar_add(b, "data.tar", data->data, data->len);
}

#endif
