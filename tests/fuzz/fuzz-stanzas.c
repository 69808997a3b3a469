/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stanzas, merged as dpkg's status is: input is base, theirs and new, separated by NUL bytes. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "builder/stanzas.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char *package(const struct vz_unit *u)
{
	auto_free char *name = vz_stanza_field(u, "Package"), *arch = vz_stanza_field(u, "Architecture");

	return name && *name ? vz_printf("%s:%s", name, arch ? arch : "") : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct vz_buf sides[3] = {{0}};
	auto_buf struct vz_buf merged = {0}, again = {0};
	const uint8_t *p = bytes, *end = bytes + size;
	struct vz_err err;

	for (size_t i = 0; i < 3 && p < end; i++) {
		const uint8_t *nul = i < 2 ? memchr(p, 0, (size_t)(end - p)) : NULL, *stop = nul ? nul : end;

		vz_buf_add(&sides[i], p, (size_t)(stop - p));
		p = stop + (nul != NULL);
	}
	if (vz_stanzas_merge(&sides[0], &sides[1], &sides[2], package, &merged, &err) == 0) {
		/* what was merged is the tenant's from now on: over an unchanged composition nothing happens to it */
		assert(vz_stanzas_merge(&sides[2], &merged, &sides[2], package, &again, &err) == 0);
		assert(again.len == merged.len && (!merged.len || memcmp(again.data, merged.data, merged.len) == 0));
	}
	for (size_t i = 0; i < 3; i++)
		vz_buf_release(&sides[i]);
	return 0;
}
