/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Release file that was read lists only what can be asked of a mirror. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/plan.h"
#include "resolver/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_release struct vz_release *r = vz_release_read((const char *)data, size, &err);

	for (size_t i = 0; r && i < r->files.n; i++) {
		const struct vz_release_file *f = vz_release_file(r, r->files.items[i].key);

		if (!f || strlen(f->sha256) != 64 || !vz_plan_location_is_sane(r->files.items[i].key))
			abort();
	}
	if (r && (r->date <= 0 || r->valid_until < 0))
		abort();
	return 0;
}
