/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "resolver/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is within its limits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_network struct vz_network n = {0};
	struct vz_err err;

	if (vz_network_parse((const char *)data, size, "conf", &n, &err) == 0 &&
	    (n.rate > UINT64_C(1) << 50 || n.connect_seconds > 3600 || n.stall_seconds > 3600))
		abort();
	return 0;
}
