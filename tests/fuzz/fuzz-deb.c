/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole .deb: ar, compression, tar, control. */
#include <stdint.h>

#include "tests/fuzz/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_ingest("deb", data, size);
	return 0;
}
