/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/merge_packages.h"

static int merge_packages(struct vz_merging *g, struct vz_err *err)
{
	(void)g;
	(void)err;
	return 0;
}

const struct vz_merge_ops vz_merge_rpm = { "rpm", merge_packages };
