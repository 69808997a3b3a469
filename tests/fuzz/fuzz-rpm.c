/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole .rpm: lead, headers, file list, compression, cpio. Those of the corpus have no digests, which would stop most changes. */
#include <stdint.h>

#include "tests/fuzz/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_ingest("rpm", data, size);
	return 0;
}
