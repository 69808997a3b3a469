/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A metalink or mirror list that was read gives URLs that may be asked, and a metalink digests to hold against them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "resolver/metalink.h"
#include "resolver/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct vz_mirrors *m)
{
	if (!m->n)
		abort();
	for (size_t i = 0; i < m->n; i++)
		if (!vz_url_is_sane(m->urls[i]) || strpbrk(m->urls[i], "?#"))
			abort();
	vz_mirrors_release(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_metalink m = {0};
	struct vz_mirrors list = {0};
	struct vz_err err;

	if (vz_metalink_read((const char *)data, size, &m, &err) == 0) {
		if (!m.n)
			abort();
		for (size_t i = 0; i < m.n; i++)
			if (!vz_hash_algo(m.files[i].digest))
				abort();
		check(&m.mirrors);
	}
	vz_metalink_release(&m);
	if (vz_mirrorlist_read((const char *)data, size, &list, &err) == 0)
		check(&list);
	return 0;
}
