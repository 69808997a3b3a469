/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an image reads as can be written, and what was written once reads as the same tree again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/dump.h"
#include "store/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_tree struct vz_tree *t = vz_image_read(data, size, &err), *u = NULL;
	auto_buf struct vz_buf image = {0}, text = {0};

	if (!t)
		return 0;
	vz_dump_write(t, &text);
	if (vz_image_write(t, NULL, &image, &err) < 0)
		abort();
	u = vz_image_read(image.data, image.len, &err);
	if (!u)
		abort();
	return 0;
}
