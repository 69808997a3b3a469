/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data archive of an otherwise proper .deb. */
#include <stdint.h>

#include "tests/fuzz/ingest.h"
#include "tests/fuzz/repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
