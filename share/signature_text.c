/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/signature.h"

#include <jansson.h>
#include <string.h>

#define TYPE "cosign container image signature"

/* Neither of the names can hold what JSON would have to escape. */
void vz_signature_text(const struct vz_registry_name *n, const char *digest, struct vz_buf *ret)
{
	vz_buf_printf(ret, "{\"critical\":{\"identity\":{\"docker-reference\":\"%s/%s\"},\"image\":{\"docker-manifest-digest\":"
			   "\"sha256:%s\"},\"type\":\"" TYPE "\"},\"optional\":null}",
		      n->host, n->repository, digest);
}

int vz_signature_subject(const char *text, size_t len, char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err)
{
	static const char prefix[] = "sha256:";
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *critical = json_object_get(o, "critical");
	const char *type = json_string_value(json_object_get(critical, "type"));
	const char *digest = json_string_value(json_object_get(json_object_get(critical, "image"), "docker-manifest-digest"));
	const char *hex = digest && strncmp(digest, prefix, sizeof prefix - 1) == 0 ? digest + sizeof prefix - 1 : "";
	int rc = 0;

	if (!type || strcmp(type, TYPE) != 0 || strlen(hex) != VZ_HEX_LEN || !vz_hash_algo(hex))
		rc = vz_err_set(err, VZ_UNTRUSTED, "what is signed names no manifest");
	else
		memcpy(ret_digest, hex, VZ_HEX_LEN + 1);
	json_decref(o);
	return rc;
}
