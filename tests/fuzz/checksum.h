/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents (store/document.h) whose checksum is set right: nothing else would get past it. */
#ifndef TESTS_CHECKSUM_H
#define TESTS_CHECKSUM_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"

/* NULL: it is no JSON object. To be freed. */
static inline char *with_checksum(const char *data, size_t size)
{
	json_t *o = json_loadb(data, size, JSON_REJECT_DUPLICATES, NULL);
	char hex[VZ_HEX_LEN + 1], *compact, *text = NULL;
	struct vz_digest sum;

	if (json_is_object(o)) {
		json_object_del(o, "checksum");
		compact = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
		vz_sha256(compact, strlen(compact), &sum);
		vz_digest_hex(&sum, hex);
		json_object_set_new(o, "checksum", json_string(hex));
		free(compact);
		compact = json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS);
		text = vz_printf("%s\n", compact);
		free(compact);
	}
	json_decref(o);
	return text;
}

#endif
