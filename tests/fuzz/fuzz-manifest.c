/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A manifest as it stands, and with a checksum made right: what is taken is written the same. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len)
{
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf again = {0};
	struct vz_err err;

	if (vz_manifest_parse(text, len, &m, &err) < 0)
		return;
	if (vz_manifest_format(&m, &again, &err) < 0 || again.len != len || memcmp(again.data, text, len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *o = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	auto_free char *plain = NULL, *text = NULL;
	auto_buf struct vz_buf file = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest d;

	check((const char *)data, size);
	if (json_is_object(o)) {
		json_object_del(o, "checksum");
		plain = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
		vz_sha256(plain, strlen(plain), &d);
		vz_digest_hex(&d, hex);
		json_object_set_new(o, "checksum", json_string(hex));
		text = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
		vz_buf_printf(&file, "%s\n", text);
		check(file.data, file.len);
	}
	json_decref(o);
	return 0;
}
