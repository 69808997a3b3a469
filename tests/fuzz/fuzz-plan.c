/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever vz_plan_read() takes must survive a round trip. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_plan struct vz_plan *a = vz_plan_read((const char *)data, size, "fuzz", &err), *b = NULL;
	auto_buf struct vz_buf x = {0}, y = {0};

	if (!a)
		return 0;
	vz_plan_write(a, &x);
	b = vz_plan_read(x.data, x.len, "again", &err);
	if (!b)
		abort();
	vz_plan_write(b, &y);
	if (x.len != y.len || memcmp(x.data, y.data, x.len) != 0 || !vz_plan_same(a, b))
		abort();
	return 0;
}
