/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Record files, merged. Input: a byte that says which file, then base, theirs and new, separated by NUL bytes. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "builder/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct vz_buf sides[3] = {{0}};
	const uint8_t *p = bytes + 1, *end = bytes + size;
	auto_records struct vz_records r = { .base = &sides[0], .theirs = &sides[1], .new = &sides[2] };
	auto_records struct vz_records again = { .base = &sides[2], .theirs = &r.text, .new = &sides[2] };
	struct vz_err err;

	if (!size)
		return 0;
	for (size_t i = 0; i < 3 && p < end; i++) {
		const uint8_t *nul = i < 2 ? memchr(p, 0, (size_t)(end - p)) : NULL, *stop = nul ? nul : end;

		vz_buf_add(&sides[i], p, (size_t)(stop - p));
		p = stop + (nul != NULL);
	}
	r.rule = again.rule = &vz_record_files[*bytes % 7].rule;
	if (vz_records_merge(&r, &err) == 0) {
		/* what was merged is the tenant's from now on */
		assert(vz_records_merge(&again, &err) == 0);
		assert(again.text.len == r.text.len && (!r.text.len || memcmp(again.text.data, r.text.data, r.text.len) == 0));
	}
	vz_buf_release(&sides[0]);
	vz_buf_release(&sides[1]);
	vz_buf_release(&sides[2]);
	return 0;
}
