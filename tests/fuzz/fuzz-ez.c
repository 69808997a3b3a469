/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EZ templates, all files as one metafile: no input may crash, and the canonical form of a good one reads as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/recipe_ez.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_ez struct vz_ez *ez = vz_ez_split((const char *)data, size, "/nonexistent/metafile");
	auto_recipe struct vz_recipe *r = NULL, *again = NULL;
	struct vz_err err = {0};

	/* no files from here: what scripts of vzpkg.ini are must not decide over the outcome */
	if (memmem(data, size, "[scripts]", 9))
		return 0;
	r = vz_recipe_ez_parse(ez, &err);
	if (!r)
		return err.msg[0] && err.code == VZ_USAGE ? 0 : (abort(), 0);
	if (r->n_scripts)
		return 0;
	again = vz_recipe_parse(r->text, strlen(r->text), "/nonexistent/x.recipe", &err);
	if (!again || strcmp(again->text, r->text) != 0)
		abort();
	return 0;
}
