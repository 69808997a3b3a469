/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data archive of an otherwise proper .deb. Checksums of headers are made right first, as
 * far as the sizes in them lead, so that the fuzzer gets behind them. */
#include <stdint.h>

#include "tests/fuzz/ingest.h"
#include "tests/unit/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void repair(struct vz_buf *tar)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct item control_file = {
		.name = "./control", .data = "Package: tst\nVersion: 1\nArchitecture: all\n",
	};
	static const struct item conffiles = { .name = "./conffiles", .data = "/a\n" };
	auto_buf struct vz_buf control = {0}, tar = {0}, deb = {0};

	tar_add(&control, &control_file);
	tar_add(&control, &conffiles);
	tar_end(&control);
	vz_buf_reserve(&tar, 1);
	vz_buf_add(&tar, data, size);
	repair(&tar);
	tar_end(&tar);
	deb_make(&deb, &control, &tar);
	fuzz_ingest("deb", deb.data, deb.len);
	return 0;
}
