/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mirror lists: no input may crash, and what is accepted is a list of sane URLs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/mirror.h"
#include "resolver/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err = {0};
	auto_mirrors struct vz_mirrors m = {0};

	if (vz_mirrors_parse((const char *)data, size, "list", &m, &err) < 0)
		return err.code == VZ_USAGE ? 0 : (abort(), 0);
	for (size_t i = 0; i < m.n; i++) {
		auto_free char *public = vz_url_public(m.urls[i]);

		if (strcmp(m.urls[i], "host-apt") != 0 && !vz_url_is_sane(public))
			abort();
	}
	return 0;
}
