/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes: no input may crash, and the canonical form of a good one reads as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err = {0};
	auto_recipe struct vz_recipe *r = NULL, *again = NULL;

	/* no files from here: what is included must not decide over the outcome */
	if (memmem(data, size, "include", 7) || memmem(data, size, "post-install", 12))
		return 0;
	r = vz_recipe_parse((const char *)data, size, "fuzz.recipe", &err);
	if (!r)
		return err.msg[0] && err.code == VZ_USAGE ? 0 : (abort(), 0);
	again = vz_recipe_parse(r->text, strlen(r->text), "fuzz.recipe", &err);
	if (!again || strcmp(again->text, r->text) != 0)
		abort();
	return 0;
}
