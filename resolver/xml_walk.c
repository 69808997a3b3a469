/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/xml_walk.h"

#include <ctype.h>
#include <libxml/xmlreader.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/late.h"
#include "config.h"
#include "resolver/xml.h"

#define MAX_ATTRIBUTES 32
#define MAX_TEXT (16 << 20)

#define CALLS(X) X(xmlFreeTextReader) X(xmlReaderForMemory) X(xmlTextReaderConstLocalName) \
	X(xmlTextReaderConstValue) X(xmlTextReaderIsEmptyElement) X(xmlTextReaderMoveToElement) \
	X(xmlTextReaderMoveToNextAttribute) X(xmlTextReaderNodeType) X(xmlTextReaderRead) \
	X(xmlTextReaderSetStructuredErrorHandler)
static struct { CALLS(VZ_LATE_MEMBER) } late;
static const char *const names[] = { CALLS(VZ_LATE_NAME) NULL };
static struct vz_late libxml2 = VZ_LATE(XML_SONAME, names, &late, NULL);

struct walk {
	const struct vz_xml_walk *to;
	xmlTextReader *reader;
	struct vz_buf path, text;
	char *attributes[2 * MAX_ATTRIBUTES + 1];
	size_t n_attributes;
};

const char *vz_xml_attribute(const struct vz_xml_element *e, const char *name)
{
	for (size_t i = 0; e->attributes[i]; i += 2)
		if (strcmp(e->attributes[i], name) == 0)
			return e->attributes[i + 1];
	return NULL;
}

bool vz_xml_number(const struct vz_xml_element *e, uint64_t *ret)
{
	size_t digits = strspn(e->text, "0123456789");
	const char *rest = e->text + digits;

	if (!digits || digits > 18 || (*rest && (*rest != '.' || rest[1 + strspn(rest + 1, "0123456789")])))
		return false;
	*ret = strtoull(e->text, NULL, 10);
	return true;
}

int vz_xml_digest(const char *type, const char *text, char ret[129], struct vz_err *err)
{
	char hex[VZ_HASH_MAX] = "";
	const char *algo;

	for (size_t i = 0; text[i] && i < sizeof hex - 1; i++)
		hex[i] = (char)tolower((unsigned char)text[i]);
	algo = strlen(text) < sizeof hex ? vz_hash_algo(hex) : NULL;
	if (!type || !algo || strcasecmp(type, algo) != 0)
		return vz_err_set(err, VZ_UNTRUSTED, "a digest of type '%s', expected sha256, sha384 or sha512", type ? type : "");
	memcpy(ret, hex, sizeof hex);
	return 0;
}

static void drop_attributes(struct walk *w)
{
	for (size_t i = 0; i < w->n_attributes; i++)
		free(w->attributes[i]);
	w->n_attributes = 0;
	w->attributes[0] = NULL;
}

static char *copy(const xmlChar *s)
{
	return vz_strdup(s ? (const char *)s : "");
}

static void take_attributes(struct walk *w)
{
	drop_attributes(w);
	while (w->n_attributes < 2 * MAX_ATTRIBUTES && late.xmlTextReaderMoveToNextAttribute(w->reader) == 1) {
		w->attributes[w->n_attributes++] = copy(late.xmlTextReaderConstLocalName(w->reader));
		w->attributes[w->n_attributes++] = copy(late.xmlTextReaderConstValue(w->reader));
	}
	w->attributes[w->n_attributes] = NULL;
	late.xmlTextReaderMoveToElement(w->reader);
}

static int close_element(struct walk *w, struct vz_err *err)
{
	static const char *const none[] = { NULL };
	char *text = w->text.len ? w->text.data : NULL, *slash = strrchr(w->path.data, '/');
	struct vz_xml_element e = { .path = w->path.data, .text = "", .attributes = none };
	int failed;

	if (text) {
		for (size_t n = w->text.len; n && strchr(" \t\r\n", text[n - 1]); n--)
			text[n - 1] = 0;
		e.text = text + strspn(text, " \t\r\n");
	}
	failed = w->to->end(w->to->ctx, &e, err);
	w->path.len = (size_t)(slash - w->path.data);
	*slash = 0;
	vz_buf_clear(&w->text);
	return failed;
}

static int node(struct walk *w, struct vz_err *err)
{
	struct vz_xml_element e = { .text = "", .attributes = (const char *const *)w->attributes };
	const xmlChar *value;
	bool empty;

	switch (late.xmlTextReaderNodeType(w->reader)) {
	case XML_READER_TYPE_ELEMENT:
		empty = late.xmlTextReaderIsEmptyElement(w->reader) == 1;
		vz_buf_printf(&w->path, "/%s", (const char *)late.xmlTextReaderConstLocalName(w->reader));
		vz_buf_clear(&w->text);
		take_attributes(w);
		e.path = w->path.data;
		if (w->to->begin(w->to->ctx, &e, err) < 0)
			return -1;
		return empty ? close_element(w, err) : 0;
	case XML_READER_TYPE_END_ELEMENT:
		return close_element(w, err);
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
		value = late.xmlTextReaderConstValue(w->reader);
		if (value && w->text.len < MAX_TEXT)
			vz_buf_puts(&w->text, (const char *)value);
		return 0;
	default:
		return 0;
	}
}

static void be_silent(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
}

int vz_xml_walk(const char *text, size_t len, const struct vz_xml_walk *to, struct vz_err *err)
{
	struct vz_xml_gate gate = {0};
	struct walk w = { .to = to };
	int rc = 1, failed = 0;

	if (vz_xml_gate_add(&gate, text, len, err) < 0 || vz_xml_gate_end(&gate, err) < 0 || vz_late_open(&libxml2, err) < 0)
		return -1;
	w.reader = late.xmlReaderForMemory(text, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_COMPACT);
	if (!w.reader)
		return vz_err_set(err, VZ_FAILED, "libxml2 cannot be set up");
	late.xmlTextReaderSetStructuredErrorHandler(w.reader, be_silent, NULL);
	while (!failed && (rc = late.xmlTextReaderRead(w.reader)) == 1)
		failed = node(&w, err);
	if (!failed && rc < 0)
		failed = vz_err_set(err, VZ_UNTRUSTED, "the XML is not well-formed");
	drop_attributes(&w);
	late.xmlFreeTextReader(w.reader);
	vz_buf_release(&w.path);
	vz_buf_release(&w.text);
	return failed;
}
