/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dump that reads must have an image or a reason, and canonical text that reads back as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/dump.h"
#include "store/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_tree struct vz_tree *t = vz_dump_read((const char *)data, size, &err), *u = NULL, *copy = NULL;
	auto_buf struct vz_buf a = {0}, b = {0}, image = {0};

	if (!t)
		return 0;
	vz_dump_write(t, &a);
	u = vz_dump_read(a.data, a.len, &err);
	if (!u) {
		/* escapes can make the text of xattrs longer than a reader takes */
		if (!strstr(err.msg, "longer than 65535"))
			abort();
		return 0;
	}
	copy = vz_tree_copy(u);
	vz_dump_write(copy, &b);
	if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
		abort();
	if (vz_image_write(t, NULL, &image, &err) == 0 && image.len % 4096 != 0)
		abort();
	return 0;
}
