/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure.h"

#include <stdlib.h>
#include <string.h>

#include "builder/configure_deb.h"
#include "builder/configure_rpm.h"

const struct vz_configure_ops *vz_configure_ops(const char *family)
{
	static const struct vz_configure_ops *const all[] = { &vz_configure_deb, &vz_configure_rpm };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i]->family, family) == 0)
			return all[i];
	return NULL;
}

int vz_configure_make_dirs(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	static const struct { const char *path; uint32_t mode; } dirs[] = {
		{ "/dev", 0755 }, { "/proc", 0555 }, { "/sys", 0555 }, { "/run", 0755 }, { "/tmp", 01777 },
	};

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (!vz_tree_make_dirs(t, dirs[i].path, dirs[i].mode, c->date))
			return vz_err_set(err, VZ_FAILED, "a package has something else than a directory at '%s'",
					  dirs[i].path);
	return 0;
}

bool vz_configure_plain(void)
{
	const char *text = getenv("VZPKG_PLAIN_SCRIPTS");

	return text && *text;
}

unsigned vz_configure_seconds(void)
{
	const char *text = getenv("VZPKG_SCRIPT_SECONDS");
	long seconds = text ? strtol(text, NULL, 10) : 0;

	return seconds > 0 && seconds < 1000000 ? (unsigned)seconds : VZ_CONFIGURE_SECONDS;
}
