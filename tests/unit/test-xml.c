/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "resolver/xml.h"
#include "resolver/xml_walk.h"

static struct vz_err err;

static int pass_as(const char *text, size_t len, size_t piece, bool may_name_type)
{
	struct vz_xml_gate g = { .may_name_type = may_name_type };

	for (size_t at = 0; at < len; at += piece)
		if (vz_xml_gate_add(&g, text + at, len - at < piece ? len - at : piece, &err) < 0)
			return -1;
	return vz_xml_gate_end(&g, &err);
}

static int pass(const char *text, size_t len, size_t piece)
{
	return pass_as(text, len, piece, false);
}

START_TEST(test_passes)
{
	static const char *const good[] = {
		"<a/>",
		"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='>' c=\"'/>\"><b/><c>\xe2\x82\xac \xf0\x9f\x98\x80</c></a>\n",
		"<?xml version='1.0' encoding='utf-8'?><a/>",
		"<a><!-- <!DOCTYPE --><![CDATA[ <!ENTITY ]] > ]]><b>]]</b><!----></a>",
		"<a><?php xml:base encoding=\"x\" ?>text xml:base=\"x\"</a>",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		for (size_t piece = 1; piece < 40; piece += 6)
			must(pass(good[i], strlen(good[i]), piece));
}
END_TEST

START_TEST(test_refuses)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "document type" },
		{ "<!doctype a><a/>", "document type" },
		{ "<a><![INCLUDE[ <!ENTITY b \"c\"> ]]></a>", "document type" },
		{ "<!-x><a/>", "document type" },
		{ "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>", "UTF-8" },
		{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "UTF-8" },
		{ "<?xml version='encoding=\"utf-8\"' encoding='utf-16'?><a/>", "two encodings" },
		{ "\xff\xfe<", "UTF-8" },
		{ "<a>\xc0\xaf</a>", "UTF-8" },
		{ "<a>\xed\xa0\x80</a>", "UTF-8" },
		{ "<a>\xe2\x82</a>", "UTF-8" },
		{ "<a xml:base=\"http://evil/\"/>", "xml:base" },
		{ "<a><b x='1'\nxml:base = 'http://evil/'/></a>", "xml:base" },
		{ "<a>", "too early" },
		{ "<a></a", "too early" },
		{ "<a></a></a>", "not open" },
	};
	auto_buf struct vz_buf deep = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (size_t piece = 1; piece < 40; piece += 6)
			must_fail(pass(bad[i].text, strlen(bad[i].text), piece), VZ_UNTRUSTED, bad[i].why);
	must_fail(pass("<\0a\0/\0>\0", 8, 8), VZ_UNTRUSTED, "UTF-8");
	for (int i = 0; i < 65; i++)
		vz_buf_puts(&deep, "<a b='c'>");
	must_fail(pass(deep.data, deep.len, 100), VZ_UNTRUSTED, "deeper than 64");
	vz_buf_clear(&deep);
	vz_buf_puts(&deep, "<a>");
	for (int i = 0; i <= 1 << 20; i++)
		vz_buf_puts(&deep, "0123456789abcdef");
	must_fail(pass(deep.data, deep.len, 65536), VZ_UNTRUSTED, "longer than 16 MiB");
}
END_TEST

/* What lists of groups begin with, and no more than that. */
START_TEST(test_type)
{
	static const char *const good[] = {
		"<?xml version=\"1.0\"?>\n<!DOCTYPE comps\n  PUBLIC '-//Red Hat, Inc.//DTD Comps info//EN'\n  'comps.dtd'>\n<comps/>",
		"<!-- by hand --><!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\"><comps/>",
		"<!DOCTYPE comps SYSTEM '>[<!ENTITY a \"b\">]'><comps/>", "<!DOCTYPE comps><comps/>", "<comps/>",
	};
	static const char *const bad[] = {
		"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
		"<!DOCTYPE a SYSTEM 'b'[<!ENTITY % c SYSTEM 'file:///etc/passwd'>%c;]><a/>",
		"<!DOCTYPE a SYSTEM 'b' <!ENTITY c 'd'>><a/>",
		"<!DOCTYPE a><!DOCTYPE a><a/>", "<a><!DOCTYPE a></a>", "<a/><!DOCTYPE a>", "<!DOCTYPF a><a/>", "<!ENTITY b 'c'><a/>",
		"<!doctype a><a/>",
	};

	for (size_t piece = 1; piece < 40; piece += 6) {
		for (size_t i = 0; i < sizeof good / sizeof *good; i++)
			must(pass_as(good[i], strlen(good[i]), piece, true));
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
			must_fail(pass_as(bad[i], strlen(bad[i]), piece, true), VZ_UNTRUSTED, "document type");
	}
	must_fail(pass_as("<!DOCTYPE a 'b", 14, 14, true), VZ_UNTRUSTED, "too early");
}
END_TEST

static int note_begin(void *ctx, const struct vz_xml_element *e, struct vz_err *unused)
{
	const char *x = vz_xml_attribute(e, "x");

	(void)unused;
	vz_buf_printf(ctx, "(%s%s%s", e->path, x ? " " : "", x ? x : "");
	return 0;
}

static int note_end(void *ctx, const struct vz_xml_element *e, struct vz_err *unused)
{
	(void)unused;
	vz_buf_printf(ctx, " '%s')", e->text);
	return strcmp(e->text, "stop") == 0 ? vz_err_set(unused, VZ_FAILED, "stopped") : 0;
}

START_TEST(test_walk)
{
	static const char text[] = "<a xmlns:n='u'><n:b y='1' n:x='1 &lt; 2'> &amp;one <![CDATA[<two>]]>\n</n:b><c/></a>";
	auto_buf struct vz_buf seen = {0};
	const struct vz_xml_walk w = { note_begin, note_end, &seen };

	must(vz_xml_walk(text, strlen(text), &w, &err));
	ck_assert_str_eq(seen.data, "(/a(/a/b 1 < 2 '&one <two>')(/a/c '') '')");
	must_fail(vz_xml_walk("<a>&b;</a>", 10, &w, &err), VZ_UNTRUSTED, "not well-formed");
	must_fail(vz_xml_walk("<a></b>", 7, &w, &err), VZ_UNTRUSTED, "not well-formed");
	must_fail(vz_xml_walk("", 0, &w, &err), VZ_UNTRUSTED, "not well-formed");
	must_fail(vz_xml_walk("<a>stop</a>", 11, &w, &err), VZ_FAILED, "stopped");
}
END_TEST

UNIT_MAIN("xml", test_passes, test_refuses, test_type, test_walk)
