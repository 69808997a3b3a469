/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ndb database of a tenant. What can be read can be written, and is the same again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "builder/rpmdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct vz_buf db = { (char *)bytes, size, size };
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0}, again = {0};
	auto_buf struct vz_buf written = {0};
	size_t total = 0;
	struct vz_err err;

	if (vz_rpmdb_ndb_read(&db, &e, &err) < 0)
		return 0;
	for (size_t i = 0; i < e.n; i++)
		total += e.items[i].len;
	assert(total <= size);
	assert(vz_rpmdb_ndb_write(&e, 1, &written, &err) == 0 && vz_rpmdb_ndb_read(&written, &again, &err) == 0);
	assert(again.n == e.n);
	for (size_t i = 0; i < e.n; i++)
		assert(e.items[i].len == again.items[i].len &&
		       (!e.items[i].len || memcmp(e.items[i].data, again.items[i].data, e.items[i].len) == 0));
	return 0;
}
