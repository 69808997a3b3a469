/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scratch directory for one test: `auto_scratch char *dir = scratch_new();` removes it with all below it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fd.h"

static inline char *scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = vz_printf("%s/vz-test-XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(dir))
		abort();
	return dir;
}

static inline void scratch_free(char **dir)
{
	struct vz_err unused;

	vz_remove_tree(AT_FDCWD, *dir, &unused);
	free(*dir);
}
#define auto_scratch __attribute__((cleanup(scratch_free)))

#endif
