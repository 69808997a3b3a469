/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void vz_base64_write(const void *bytes, size_t len, struct vz_buf *ret)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned v = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);

		for (size_t k = 0; k < 4; k++)
			vz_buf_putc(ret, k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
}

bool vz_base64_read(const char *text, size_t len, struct vz_buf *ret)
{
	if (len % 4)
		return false;
	for (size_t i = 0; i < len; i += 4) {
		unsigned v = 0, n = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *d = text[i + k] && n == k ? strchr(digits, text[i + k]) : NULL;

			v = v << 6 | (d ? (unsigned)(d - digits) : 0);
			if (d)
				n++;
			else if (text[i + k] != '=' || i + 4 < len || k < 2)
				return false;
		}
		for (unsigned k = 0; k + 1 < n; k++)
			vz_buf_putc(ret, (char)(v >> (16 - 8 * k)));
		if (n < 4 && v & (n == 2 ? 0xffff : 0xff))
			return false;
	}
	return true;
}
