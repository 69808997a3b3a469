/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A repomd.xml that was read lists only what can be asked of a mirror and checked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "resolver/plan.h"
#include "resolver/repomd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	auto_repomd struct vz_repomd *r = vz_repomd_read((const char *)data, size, &err);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct vz_repomd_file *f = &r->files[i];

		if (vz_repomd_file(r, f->type) != f || !vz_plan_location_is_sane(f->location) || !vz_hash_algo(f->digest))
			abort();
		if (*f->open_digest && !vz_hash_algo(f->open_digest))
			abort();
	}
	return 0;
}
