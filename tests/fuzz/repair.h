/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the checksums of a tar's headers right, as far as the sizes in them lead, so that a fuzzer gets behind them. */
#ifndef TESTS_FUZZ_REPAIR_H
#define TESTS_FUZZ_REPAIR_H

#include "tests/unit/archive.h"

static inline void repair(struct vz_buf *tar)
{
	for (size_t at = 0; at + 512 <= tar->len;) {
		char *h = tar->data + at, octal[13] = "";
		unsigned sum = 0;

		memset(h + 148, ' ', 8);
		for (int i = 0; i < 512; i++)
			sum += (unsigned char)h[i];
		if (sum == 8 * ' ')
			break;
		put_octal(h + 148, 6, sum);
		h[154] = 0;
		memcpy(octal, h + 124, 12);
		at += 512 + (strtoull(octal, NULL, 8) + 511) / 512 * 512;
	}
}

#endif
