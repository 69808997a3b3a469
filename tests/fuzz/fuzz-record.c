/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input is a record without its end line, which is added: no fuzzer guesses SHA-256.
 * Whatever is taken must survive a round trip. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vz_record *parse(const struct vz_buf *text)
{
	struct vz_err err;

	return vz_record_parse(text->data, text->len, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_record struct vz_record *a = NULL, *b = NULL;
	auto_buf struct vz_buf text = {0}, x = {0}, y = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest d;

	vz_sha256(data, size, &d);
	vz_digest_hex(&d, hex);
	vz_buf_add(&text, data, size);
	vz_buf_printf(&text, "end %s\n", hex);
	a = parse(&text);
	if (!a)
		return 0;
	vz_record_format(a, &x);
	b = parse(&x);
	if (!b)
		abort();
	vz_record_format(b, &y);
	if (x.len != y.len || memcmp(x.data, y.data, x.len))
		abort();
	return 0;
}
