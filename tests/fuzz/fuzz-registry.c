/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a registry and its users say: names, challenges, credentials, signed texts. */
#include <stdint.h>
#include <stdlib.h>

#include "share/credentials.h"
#include "share/registry_auth.h"
#include "share/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct vz_registry_name known = { .host = (char *)"h", .repository = (char *)"r" };
	auto_free char *text = vz_strndup((const char *)data, size), *credentials = NULL;
	auto_registry_name struct vz_registry_name name = {0};
	struct vz_registry_challenge challenge = {0};
	char subject[VZ_HEX_LEN + 1];
	struct vz_err err = {0};

	if (vz_registry_name_parse(text, &name, &err) < 0 && !err.msg[0])
		abort();
	vz_registry_challenge_parse(text, &challenge);
	vz_registry_challenge_release(&challenge);
	vz_signature_subject((const char *)data, size, subject, &err);
	vz_credentials_parse((const char *)data, size, "file", &known, &credentials, &err);
	return 0;
}
