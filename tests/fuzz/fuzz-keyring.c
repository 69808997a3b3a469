/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keyrings: no input may crash; what is picked is part of the input, and picked again is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of the first key of the corpus, so that some inputs have it */
	char *const pins[] = { (char[]){ "E6B6AD7FDA9AEF7A294F9CA61113C8A3197814B4" } };
	auto_buf struct vz_buf all = {0}, picked = {0}, again = {0};
	struct vz_err err = {0};

	vz_buf_add(&all, data, size);
	if (vz_keyring_pick(&all, pins, 1, "fuzz", &picked, &err) < 0)
		return err.code == VZ_UNTRUSTED && !picked.len ? 0 : (abort(), 0);
	if (vz_keyring_pick(&picked, pins, 1, "fuzz", &again, &err) < 0 ||
	    again.len != picked.len || memcmp(again.data, picked.data, again.len) != 0)
		abort();
	return 0;
}
