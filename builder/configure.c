/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure.h"

#include <string.h>

#include "builder/configure_deb.h"

const struct vz_configure_ops *vz_configure_ops(const char *family)
{
	static const struct vz_configure_ops *const all[] = { &vz_configure_deb };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i]->family, family) == 0)
			return all[i];
	return NULL;
}
