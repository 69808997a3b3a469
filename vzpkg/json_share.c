/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/json_share.h"

#include <jansson.h>
#include <stdio.h>

static void print(json_t *doc)
{
	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
}

void vz_json_export(const struct vz_export *e, const char *format)
{
	const struct vz_manifest *m = &e->subject->manifest;

	print(json_pack("{s:s, s:I, s:s, s:s, s:s, s:I}", "name", m->name, "version", (json_int_t)m->version, "format", format,
			"to", e->path, "digest", e->digest, "size", (json_int_t)e->size));
}
