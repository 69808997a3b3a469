/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/alloc.h"
#include "resolver/metalink.h"

#define SHA256 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define SHA512 "CC" "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" SHA256
#define OLDER "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

#define HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" \
	"<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" type=\"dynamic\" pubdate=\"Thu, 25 Apr 2024 10:00:00 GMT\"" \
	" generator=\"mirrormanager\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n <files>\n"
#define TAIL " </files>\n</metalink>\n"

static struct vz_err err;

/* The form in which Fedora's mirror manager answers. */
static const char captured[] = HEAD
	"  <file name=\"repomd.xml\">\n"
	"   <mm0:timestamp>1714000000</mm0:timestamp>\n"
	"   <size>5112</size>\n"
	"   <verification>\n"
	"    <hash type=\"md5\">d41d8cd98f00b204e9800998ecf8427e</hash>\n"
	"    <hash type=\"sha1\">da39a3ee5e6b4b0d3255bfef95601890afd80709</hash>\n"
	"    <hash type=\"sha256\">" SHA256 "</hash>\n"
	"    <hash type=\"sha512\">" SHA512 "</hash>\n"
	"   </verification>\n"
	"   <mm0:alternates>\n"
	"    <mm0:alternate>\n"
	"     <mm0:timestamp>1713900000</mm0:timestamp>\n"
	"     <size>5100</size>\n"
	"     <verification>\n"
	"      <hash type=\"md5\">d41d8cd98f00b204e9800998ecf8427e</hash>\n"
	"      <hash type=\"sha256\">" OLDER "</hash>\n"
	"     </verification>\n"
	"    </mm0:alternate>\n"
	"    <mm0:alternate>\n"
	"     <mm0:timestamp>1713800000</mm0:timestamp>\n"
	"     <size>5000</size>\n"
	"     <verification><hash type=\"md5\">d41d8cd98f00b204e9800998ecf8427e</hash></verification>\n"
	"    </mm0:alternate>\n"
	"   </mm0:alternates>\n"
	"   <resources maxconnections=\"1\">\n"
	"    <url protocol=\"rsync\" type=\"rsync\" location=\"DE\" preference=\"100\" >rsync://a.example/f/repodata/repomd.xml</url>\n"
	"    <url protocol=\"http\" type=\"http\" location=\"DE\" preference=\"98\" >http://b.example/f/repodata/repomd.xml</url>\n"
	"    <url protocol=\"https\" type=\"https\" location=\"US\" preference=\"99\" >https://c.example/f/repodata/repomd.xml</url>\n"
	"    <url protocol=\"http\" type=\"http\" location=\"US\" preference=\"98\" >http://d.example/f/repodata/repomd.xml</url>\n"
	"    <url protocol=\"http\" type=\"http\" location=\"US\" preference=\"97\" >http://e.example/f/repodata/other.xml</url>\n"
	"    <url protocol=\"http\" type=\"http\" location=\"US\" preference=\"97\" >http://e.example/?f=/repodata/repomd.xml</url>\n"
	"   </resources>\n"
	"  </file>\n" TAIL;

START_TEST(test_reads)
{
	struct vz_metalink m = {0};

	must(vz_metalink_read(captured, strlen(captured), &m, &err));
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.files[0].digest, "cc" "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" SHA256);
	ck_assert_uint_eq(m.files[0].size, 5112);
	ck_assert_int_eq(m.files[0].timestamp, 1714000000);
	ck_assert_str_eq(m.files[1].digest, OLDER);
	ck_assert_int_eq(m.files[1].timestamp, 1713900000);
	ck_assert_uint_eq(m.mirrors.n, 3);
	ck_assert_str_eq(m.mirrors.urls[0], "https://c.example/f");
	ck_assert_str_eq(m.mirrors.urls[1], "http://b.example/f");
	ck_assert_str_eq(m.mirrors.urls[2], "http://d.example/f");
	vz_metalink_release(&m);
}
END_TEST

START_TEST(test_refuses)
{
#define URL "<resources><url preference='1'>http://a/repodata/repomd.xml</url></resources>"
#define HASH "<verification><hash type='sha256'>" SHA256 "</hash></verification>"
	static const struct { const char *text, *why; } cases[] = {
		{ "<metalink/>", "names no repomd.xml" },
		{ "<metalink><files><file name='other.xml'>" HASH URL "</file></files></metalink>", "names no repomd.xml" },
		{ "<metalink><files><file name='repomd.xml'>" URL "</file></files></metalink>", "no SHA-256" },
		{ "<metalink><files><file name='repomd.xml'><verification><hash type='sha1'>da39a3ee5e6b4b0d3255bfef95601890afd80709"
		  "</hash></verification>" URL "</file></files></metalink>", "no SHA-256" },
		{ "<metalink><files><file name='repomd.xml'>" HASH "</file></files></metalink>", "no http" },
		{ "<metalink><files><file name='repomd.xml'>" HASH "<resources><url>rsync://a/repodata/repomd.xml</url></resources>"
		  "</file></files></metalink>", "no http" },
		{ "<!DOCTYPE metalink [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><metalink>&b;</metalink>", "document type" },
		{ "not xml", "not well-formed" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct vz_metalink m = {0};

		must_fail(vz_metalink_read(cases[i].text, strlen(cases[i].text), &m, &err), VZ_UNTRUSTED, cases[i].why);
		ck_assert_ptr_nonnull(strstr(err.msg, "metalink"));
		vz_metalink_release(&m);
	}
}
END_TEST

START_TEST(test_mirrorlist)
{
	static const char list[] = "# repo = baseos arch = x86_64\r\n\nhttp://a.example/b/\r\n  https://c.example/d\nrsync://x/y\n"
				   "http://a.example/b\nfile:///srv/x";
	auto_mirrors struct vz_mirrors m = {0}, none = {0};

	must(vz_mirrorlist_read(list, strlen(list), &m, &err));
	ck_assert_uint_eq(m.n, 3);
	ck_assert_str_eq(m.urls[0], "http://a.example/b");
	ck_assert_str_eq(m.urls[1], "https://c.example/d");
	ck_assert_str_eq(m.urls[2], "file:///srv/x");
	must_fail(vz_mirrorlist_read("Invalid release/repo/arch combination\n", 38, &none, &err), VZ_UNTRUSTED,
		  "begins 'Invalid release/repo/arch combination'");
	must_fail(vz_mirrorlist_read("", 0, &none, &err), VZ_UNTRUSTED, "names no http");
}
END_TEST

UNIT_MAIN("metalink", test_reads, test_refuses, test_mirrorlist)
