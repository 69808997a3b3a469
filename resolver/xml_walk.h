/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small XML texts, element by element, over libxml2.  The text passes the gate
 * (resolver/xml.h) first; the network is never used.
 */
#ifndef RESOLVER_XML_WALK_H
#define RESOLVER_XML_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vz_xml_element {
	const char *path;                /* local names from the root down: "/repomd/data/size" */
	const char *text;                /* at its end: what it holds beside elements, without white space around it */
	const char *const *attributes;   /* name, value, …, NULL; names without prefix */
};

/* NULL: it has none of that name. */
const char *vz_xml_attribute(const struct vz_xml_element *e, const char *name);

/* Its whole text as a decimal number, of which a fraction is cut off. */
bool vz_xml_number(const struct vz_xml_element *e, uint64_t *ret);
/* A text as a digest, which `type` must call "sha256", "sha384" or "sha512". VZ_UNTRUSTED. */
int vz_xml_digest(const char *type, const char *text, char ret[129], struct vz_err *err);

struct vz_xml_walk {
	int (*begin)(void *ctx, const struct vz_xml_element *e, struct vz_err *err);
	int (*end)(void *ctx, const struct vz_xml_element *e, struct vz_err *err);   /* without attributes */
	void *ctx;
};

/* A failure of either ends it. VZ_UNTRUSTED where the text is not well-formed. */
int vz_xml_walk(const char *text, size_t len, const struct vz_xml_walk *w, struct vz_err *err);

#endif
