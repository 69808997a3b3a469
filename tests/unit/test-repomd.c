/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/alloc.h"
#include "resolver/repomd.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<repomd xmlns=\"http://linux.duke.edu/metadata/repo\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n"
#define SHA256 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static struct vz_err err;

static struct vz_repomd *parse(const char *text)
{
	return vz_repomd_read(text, strlen(text), &err);
}

START_TEST(test_reads)
{
	auto_repomd struct vz_repomd *r = parse(HEAD
		"  <revision>1714000000</revision>\n"
		"  <data type=\"primary\">\n"
		"    <checksum type=\"sha512\">" SHA256 SHA256 "</checksum>\n"
		"    <open-checksum type=\"sha256\">BB" SHA256 "</open-checksum>\n"
		"  </data></repomd>");
	auto_repomd struct vz_repomd *s = NULL;

	ck_assert_ptr_null(r);
	ck_assert_int_eq(err.code, VZ_UNTRUSTED);
	s = parse(HEAD
		"  <revision>1714000000</revision>\n"
		"  <tags><repo>x</repo></tags>\n"
		"  <data type=\"primary\">\n"
		"    <checksum type=\"sha512\">" SHA256 SHA256 "</checksum>\n"
		"    <open-checksum type=\"sha256\">" SHA256 "</open-checksum>\n"
		"    <location href=\"repodata/x-primary.xml.gz\"/>\n"
		"    <timestamp>1714000099.25</timestamp>\n"
		"    <size>3</size><open-size>999</open-size>\n"
		"  </data>\n"
		"  <data type=\"group\">\n"
		"    <checksum type=\"sha256\">" SHA256 "</checksum>\n"
		"    <location href=\"repodata/comps.xml\"/>\n"
		"  </data>\n"
		"</repomd>\n");
	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert_int_eq(s->date, 1714000099);
	ck_assert_uint_eq(s->n, 2);
	ck_assert_ptr_null(vz_repomd_file(s, "filelists"));
	ck_assert_str_eq(vz_repomd_file(s, "primary")->location, "repodata/x-primary.xml.gz");
	ck_assert_str_eq(vz_repomd_file(s, "primary")->digest, SHA256 SHA256);
	ck_assert_str_eq(vz_repomd_file(s, "primary")->open_digest, SHA256);
	ck_assert_uint_eq(vz_repomd_file(s, "primary")->size, 3);
	ck_assert_uint_eq(vz_repomd_file(s, "primary")->open_size, 999);
	ck_assert_str_eq(vz_repomd_file(s, "group")->open_digest, "");
	ck_assert_uint_eq(vz_repomd_file(s, "group")->size, 0);
}
END_TEST

/* A revision that is a count is no time. */
START_TEST(test_date)
{
	static const struct { const char *revision, *timestamp; int64_t date; } cases[] = {
		{ "1", "1714000000", 1714000000 },
		{ "1714000001", "1714000000", 1714000001 },
		{ "20240425", "1714000000", 1714000000 },
		{ "20240425120000", "1714000000", 1714000000 },
		{ "abc", "0", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *text = vz_printf("<repomd><revision>%s</revision><data type='x'><checksum type='sha256'>" SHA256
						 "</checksum><location href='a'/><timestamp>%s</timestamp></data></repomd>",
						 cases[i].revision, cases[i].timestamp);
		auto_repomd struct vz_repomd *r = parse(text);

		ck_assert_msg(r != NULL, "%s", err.msg);
		ck_assert_int_eq(r->date, cases[i].date);
	}
}
END_TEST

START_TEST(test_refuses)
{
	static const struct { const char *data, *why; } cases[] = {
		{ "<location href='../x'/>", "'../x', which is not a path inside" },
		{ "<location href='repodata/../../x'/>", "not a path inside" },
		{ "<location href='/etc/passwd'/>", "not a path inside" },
		{ "<location href='http://evil/x'/>", "not a path inside" },
		{ "<location href='file:x'/>", "not a path inside" },
		{ "<location href='a?b'/>", "not a path inside" },
		{ "<location href=''/>", "not a path inside" },
		{ "<location/>", "not a path inside" },
		{ "<location xml:base='http://evil/' href='a'/>", "xml:base" },
		{ "", "has no location" },
		{ "<location href='a'/><checksum type='sha'>" SHA1 "</checksum>", "type 'sha', expected sha256" },
		{ "<location href='a'/><checksum type='md5'>d41d8cd98f00b204e9800998ecf8427e</checksum>", "type 'md5'" },
		{ "<location href='a'/><checksum type='sha256'>" SHA1 "</checksum>", "expected sha256" },
		{ "<location href='a'/><checksum>" SHA256 "</checksum>", "type ''" },
		{ "<location href='a'/><open-checksum type='sha1'>" SHA1 "</open-checksum>", "type 'sha1'" },
		{ "<location href='a'/><size>-1</size>", "has the size '-1'" },
		{ "<location href='a'/><size>9999999999999999999</size>", "has the size" },
		{ "<location href='a'/></data><data type='x'>", "'x' is there twice" },
		{ "<location href='a'/></data><data>", "without type" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *text = vz_printf("<repomd><data type='x'><checksum type='sha256'>" SHA256 "</checksum>%s</data></repomd>",
						 cases[i].data);

		ck_assert_msg(!parse(text), "%s", cases[i].data);
		ck_assert_int_eq(err.code, VZ_UNTRUSTED);
		ck_assert_msg(strstr(err.msg, cases[i].why) && strstr(err.msg, "repomd.xml"), "%s", err.msg);
	}
	ck_assert_ptr_null(parse("<repomd><data type='x'><location href='a'/></data></repomd>"));
	ck_assert_ptr_nonnull(strstr(err.msg, "no checksum"));
	ck_assert_ptr_null(parse("<html><body>not found</body></html>"));
	ck_assert_ptr_nonnull(strstr(err.msg, "no list of metadata"));
	ck_assert_ptr_null(parse("<!DOCTYPE repomd [<!ENTITY a 'b'>]><repomd/>"));
	ck_assert_ptr_nonnull(strstr(err.msg, "document type"));
}
END_TEST

UNIT_MAIN("repomd", test_reads, test_date, test_refuses)
