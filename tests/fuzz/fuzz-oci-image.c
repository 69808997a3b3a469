/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documents of an OCI image: the first byte says which. What was read can be written, and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "share/oci_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void manifest(const char *text, size_t len)
{
	auto_oci_manifest struct vz_oci_manifest m = {0}, again = {0};
	auto_buf struct vz_buf out = {0};
	struct vz_err err;

	if (vz_oci_manifest_read(text, len, &m, &err) < 0)
		return;
	if (vz_oci_manifest_write(&m, &out, &err) < 0 || (out.len <= VZ_OCI_DOCUMENT_MAX &&
	    (vz_oci_manifest_read(out.data, out.len, &again, &err) < 0 || again.n != m.n)))
		abort();
}

static void oci_index(const char *text, size_t len)
{
	auto_oci_index struct vz_oci_index i = {0};
	auto_buf struct vz_buf out = {0};
	struct vz_err err;

	if (vz_oci_index_read(text, len, &i, &err) == 0 && vz_oci_index_write(&i, &out, &err) < 0)
		abort();
}

static void config(const char *text, size_t len)
{
	auto_oci_config struct vz_oci_config c = {0};
	auto_buf struct vz_buf out = {0};
	struct vz_err err;

	if (vz_oci_config_read(text, len, &c, &err) == 0 && vz_oci_config_write(&c, &out, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *, size_t) = { manifest, oci_index, config };

	if (size)
		readers[data[0] % 3]((const char *)data + 1, size - 1);
	return 0;
}
