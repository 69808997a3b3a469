/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A modules.yaml is read or refused. */
#include <stdint.h>

#include "resolver/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_modules struct vz_modules *m = vz_modules_read((const char *)data, size, &err);

	if (m)
		vz_modules_of(m, "nginx-1:1.24.0-1.x86_64");
	return 0;
}
