/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control text: fields have names without blanks, values without blanks around them. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shim/apt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	unsigned *last = ctx;
	size_t len = strlen(value);

	(void)err;
	if (!*name || strpbrk(name, " \t\n:") || stanza < *last || *value == ' ' ||
	    (len && isspace((unsigned char)value[len - 1])))
		abort();
	*last = stanza;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vz_err err;
	unsigned last = 0;

	vz_apt_control_read((const char *)data, size, check_field, &last, &err);
	return 0;
}
