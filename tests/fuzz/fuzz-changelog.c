/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a Debian changelog says, what is taken from it keeps to the limits, and is newer than what was asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/changelog.h"
#include "shim/apt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_changelog struct vz_changelog c = {0};
	auto_texts struct vz_texts names = {0};

	vz_changelog_parse_deb((const char *)data, size, "1.5", &c);
	if (c.n > VZ_CHANGELOG_ENTRIES || c.bytes > VZ_CHANGELOG_BYTES)
		abort();
	for (size_t i = 0; i < c.n; i++) {
		if (vz_apt_version_cmp(c.v[i].version, "1.5") <= 0)
			abort();
		vz_changelog_vulnerabilities(c.v[i].text, &names);
	}
	return 0;
}
