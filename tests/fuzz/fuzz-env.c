/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever vz_env_parse() or vz_settings_parse() takes must survive a round trip. The checksum is set right, or nothing would get past it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "link/env.h"
#include "link/settings.h"
#include "tests/fuzz/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const char *text, size_t len)
{
	auto_env struct vz_env a = {0}, b = {0};
	auto_buf struct vz_buf x = {0}, y = {0};
	struct vz_err err;

	if (vz_env_parse(text, len, &a, &err) < 0)
		return;
	if (vz_env_format(&a, &x, &err) < 0 || vz_env_parse(x.data, x.len, &b, &err) < 0 ||
	    vz_env_format(&b, &y, &err) < 0 || strcmp(x.data, y.data) != 0)
		abort();
}

static void round_trip_settings(const char *text, size_t len)
{
	auto_settings struct vz_settings a = {0};
	auto_buf struct vz_buf x = {0};
	struct vz_err err;

	if (vz_settings_parse(text, len, &a, &err) < 0)
		return;
	if (vz_settings_format(&a, &x, &err) < 0 || x.len != len || memcmp(x.data, text, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = with_checksum((const char *)data, size);

	round_trip((const char *)data, size);
	if (text) {
		round_trip(text, strlen(text));
		round_trip_settings(text, strlen(text));
	}
	return 0;
}
