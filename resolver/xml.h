/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gate in front of XML parsers: what does not pass it is not parsed.
 *
 * Metadata of RPM repositories is XML, and the parsers that read it (libxml2
 * here, expat in libsolv) know document types, entities, other encodings and
 * base URLs.  None of that has a place in metadata, and all of it was used for
 * attacks: entities that grow, files that are included, text that one parser
 * reads in another encoding than the next.  So the text must be UTF-8 without
 * a declaration of anything else, hold no "<!" but comments and CDATA, name no
 * xml:base, nest at most 64 deep, and have no piece without markup, nor tag,
 * longer than 16 MiB.
 *
 * Lists of groups as distributions write them name a document type, comps.dtd.
 * Where the caller expects that, one is let through if it comes before the
 * first element and does no more than name: a type that declares something
 * itself never passes, and no parser here reads one from elsewhere.
 *
 * Whether it is well-formed is the parser's to say.  For a text that is, the
 * gate sees the same tags as the parser does.  Text comes in pieces of any size.
 *
 *     struct vz_xml_gate g = { .may_name_type = … };
 *     vz_xml_gate_add(&g, …)…; vz_xml_gate_end(&g, …)
 */
#ifndef RESOLVER_XML_H
#define RESOLVER_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vz_xml_gate {
	bool may_name_type;                              /* a document type is expected, and was not met yet */
	unsigned char state, quote, last, last2;
	unsigned char utf8_more, utf8_low, utf8_high;    /* continuation bytes due, and what the next may be */
	unsigned depth, n_token;
	size_t run;                                      /* bytes since the last change of state */
	char token[256];
};

/* VZ_UNTRUSTED, saying what was met. */
int vz_xml_gate_add(struct vz_xml_gate *g, const char *data, size_t len, struct vz_err *err);
int vz_xml_gate_end(const struct vz_xml_gate *g, struct vz_err *err);

#endif
