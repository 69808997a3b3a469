/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "link/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "KEY=VALUE" lines are set; anything else is a record. What is accepted is a fixed point. */
static void set_lines(char *text, struct vz_settings *s)
{
	struct vz_err err;

	for (char *line = text, *end; *line; line = end) {
		char *value = strchr(line, '=');

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = 0;
		if (value && value < end) {
			*value = 0;
			vz_settings_set(s, line, value + 1, &err);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = vz_memdup(data, size);
	auto_settings struct vz_settings s = {0}, back = {0};
	auto_buf struct vz_buf out = {0}, again = {0};
	struct vz_err err;

	if (*text != '{')
		set_lines(text, &s);
	else if (vz_settings_parse(text, size, &s, &err) < 0)
		return 0;
	if (vz_settings_format(&s, &out, &err) < 0 || vz_settings_parse(out.data, out.len, &back, &err) < 0 ||
	    vz_settings_format(&back, &again, &err) < 0 || strcmp(out.data, again.data))
		abort();
	return 0;
}
