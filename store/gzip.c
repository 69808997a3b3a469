/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gzip.h"

#include <stdlib.h>
#include <zlib.h>

#define PIECE ((size_t)1 << 30)      /* zlib counts in unsigned int */

/* Fails only without memory, or on misuse. */
static void must(int result, int want)
{
	if (result != want)
		abort();
}

void vz_gzip_write(const void *data, size_t len, struct vz_buf *ret)
{
	z_stream z = { .next_in = (Bytef *)data };
	int r = Z_OK;

	/* level 1: dumps shrink to a fifth with it, and little more with 6 for thrice the time */
	must(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	while (r != Z_STREAM_END) {
		size_t room = 1 << 18;

		if (!z.avail_in) {
			z.avail_in = (uInt)(len < PIECE ? len : PIECE);
			len -= z.avail_in;
		}
		vz_buf_reserve(ret, room);
		z.next_out = (Bytef *)ret->data + ret->len;
		z.avail_out = (uInt)room;
		r = deflate(&z, len ? Z_NO_FLUSH : Z_FINISH);
		must(r == Z_OK || r == Z_BUF_ERROR || r == Z_STREAM_END, 1);
		ret->len += room - z.avail_out;
	}
	must(deflateEnd(&z), Z_OK);
}

bool vz_gzip_read(const void *data, size_t len, size_t limit, struct vz_buf *ret)
{
	z_stream z = { .next_in = (Bytef *)data };
	const size_t end = ret->len + limit;
	int r = Z_OK;

	must(inflateInit2(&z, 15 + 16), Z_OK);
	while (ret->len < end && (r == Z_OK || (r == Z_STREAM_END && (z.avail_in || len)))) {
		size_t room = end - ret->len < (1 << 16) ? end - ret->len : 1 << 16;

		if (!z.avail_in) {
			z.avail_in = (uInt)(len < PIECE ? len : PIECE);
			len -= z.avail_in;
		}
		if (r == Z_STREAM_END)
			must(inflateReset(&z), Z_OK);
		vz_buf_reserve(ret, room);
		z.next_out = (Bytef *)ret->data + ret->len;
		z.avail_out = (uInt)room;
		r = inflate(&z, Z_NO_FLUSH);
		ret->len += room - z.avail_out;
	}
	if (ret->data)
		ret->data[ret->len] = 0;
	must(inflateEnd(&z), Z_OK);
	return r == Z_STREAM_END || (r == Z_OK && ret->len == end);
}
