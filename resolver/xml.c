/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/xml.h"

#include <string.h>
#include <strings.h>

#define MAX_DEPTH 64
#define MAX_RUN (16 << 20)
#define CDATA "[CDATA["
#define DOCTYPE "DOCTYPE"

enum state { TEXT, LESS, BANG, COMMENT, IN_CDATA, TYPE, QUOTED_IN_TYPE, INSTRUCTION, TAG, QUOTED, CLOSING };

static int refuse(struct vz_err *err, const char *what)
{
	return vz_err_set(err, VZ_UNTRUSTED, "the XML %s", what);
}

/* RFC 3629, section 4. */
static bool utf8(struct vz_xml_gate *g, unsigned char c)
{
	if (g->utf8_more) {
		bool ok = c >= g->utf8_low && c <= g->utf8_high;

		g->utf8_more--;
		g->utf8_low = 0x80;
		g->utf8_high = 0xbf;
		return ok;
	}
	if (c < 0x80)
		return c != 0;
	if (c < 0xc2 || c > 0xf4)
		return false;
	g->utf8_more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	g->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	g->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

static void go(struct vz_xml_gate *g, enum state state)
{
	g->state = state;
	g->run = 0;
	g->n_token = 0;
	g->last = g->last2 = 0;
}

static bool in_name(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(":_-.", c) || c >= 0x80;
}

/* Puts `c` behind the token as far as there is room; a longer one is none that we look for. */
static void collect(struct vz_xml_gate *g, unsigned char c)
{
	if (g->n_token < sizeof g->token - 1)
		g->token[g->n_token++] = (char)c;
	g->token[g->n_token] = 0;
}

/* "?xml version="1.0" encoding="UTF-8"?" at the start. */
static int check_declaration(const struct vz_xml_gate *g, struct vz_err *err)
{
	const char *p = strstr(g->token, "encoding");

	if (strncmp(g->token, "xml", 3) != 0 || in_name((unsigned char)g->token[3]))
		return 0;
	if (g->n_token == sizeof g->token - 1)
		return refuse(err, "begins with a declaration that does not end");
	if (!p)
		return 0;
	p += strlen("encoding");
	if (strstr(p, "encoding"))
		return refuse(err, "declares two encodings");
	p += strspn(p, " \t\r\n=");
	return (*p == '"' || *p == '\'') && strncasecmp(p + 1, "utf-8", 5) == 0 && p[6] == *p ? 0 :
	       refuse(err, "is not in UTF-8");
}

static int in_tag(struct vz_xml_gate *g, unsigned char c, struct vz_err *err)
{
	if (in_name(c)) {
		collect(g, c);
	} else {
		if (g->n_token && strcmp(g->token, "xml:base") == 0)
			return refuse(err, "has an xml:base, which would lead to another place");
		g->n_token = 0;
	}
	if (c == '"' || c == '\'') {
		go(g, QUOTED);
		g->quote = c;
	} else if (c == '>') {
		g->may_name_type = false;
		g->depth += g->last != '/';
		if (g->depth > MAX_DEPTH)
			return refuse(err, "is nested deeper than 64 elements");
		go(g, TEXT);
	}
	return 0;
}

static bool could_be(const struct vz_xml_gate *g, const char *word)
{
	return strncmp(g->token, word, g->n_token) == 0;
}

static int after_bang(struct vz_xml_gate *g, unsigned char c, struct vz_err *err)
{
	collect(g, c);
	if (strcmp(g->token, "--") == 0)
		go(g, COMMENT);
	else if (strcmp(g->token, CDATA) == 0)
		go(g, IN_CDATA);
	else if (g->may_name_type && strcmp(g->token, DOCTYPE) == 0)
		go(g, TYPE);
	else if (!could_be(g, "--") && !could_be(g, CDATA) && !(g->may_name_type && could_be(g, DOCTYPE)))
		return refuse(err, "declares a document type or entities");
	return 0;
}

/* A name, and perhaps where the type could be found. */
static int in_type(struct vz_xml_gate *g, unsigned char c, struct vz_err *err)
{
	if (c == '"' || c == '\'') {
		go(g, QUOTED_IN_TYPE);
		g->quote = c;
	} else if (c == '>') {
		g->may_name_type = false;
		go(g, TEXT);
	} else if (!in_name(c) && !strchr(" \t\r\n", c)) {
		return refuse(err, "declares a document type or entities");
	}
	return 0;
}

static int step(struct vz_xml_gate *g, unsigned char c, struct vz_err *err)
{
	switch ((enum state)g->state) {
	case TEXT:
		if (c == '<')
			go(g, LESS);
		return 0;
	case LESS:
		go(g, c == '!' ? BANG : c == '?' ? INSTRUCTION : c == '/' ? CLOSING : TAG);
		return g->state == TAG ? in_tag(g, c, err) : 0;
	case BANG:
		return after_bang(g, c, err);
	case COMMENT:
		if (c == '>' && g->last == '-' && g->last2 == '-')
			go(g, TEXT);
		return 0;
	case IN_CDATA:
		if (c == '>' && g->last == ']' && g->last2 == ']')
			go(g, TEXT);
		return 0;
	case TYPE:
		return in_type(g, c, err);
	case QUOTED_IN_TYPE:
		if (c == g->quote)
			go(g, TYPE);
		return 0;
	case INSTRUCTION:
		if (c != '>' || g->last != '?') {
			collect(g, c);
			return 0;
		}
		if (check_declaration(g, err) < 0)
			return -1;
		go(g, TEXT);
		return 0;
	case TAG:
		return in_tag(g, c, err);
	case QUOTED:
		if (c == g->quote)
			go(g, TAG);
		return 0;
	case CLOSING:
		if (c != '>')
			return 0;
		if (!g->depth--)
			return refuse(err, "closes an element that is not open");
		go(g, TEXT);
		return 0;
	}
	return 0;
}

int vz_xml_gate_add(struct vz_xml_gate *g, const char *data, size_t len, struct vz_err *err)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (!utf8(g, c))
			return refuse(err, "is not in UTF-8");
		if (++g->run > MAX_RUN)
			return refuse(err, "has a piece longer than 16 MiB");
		if (step(g, c, err) < 0)
			return -1;
		/* a fresh state has seen nothing yet */
		if (g->run) {
			g->last2 = g->last;
			g->last = c;
		}
	}
	return 0;
}

int vz_xml_gate_end(const struct vz_xml_gate *g, struct vz_err *err)
{
	return g->state != TEXT || g->depth || g->utf8_more ? refuse(err, "ends too early") : 0;
}
