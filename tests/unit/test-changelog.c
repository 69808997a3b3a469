/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "builder/changelog.h"
#include "store/gzip.h"
#include "store/object.h"
#include "store/record.h"
#include "tests/unit/rpmfile.h"
#include "tests/unit/scratch.h"

static struct vz_err err;

#define OLD_DIGEST "1111111111111111111111111111111111111111111111111111111111111111"
#define NEW_DIGEST "2222222222222222222222222222222222222222222222222222222222222222"
#define DOC_DIGEST "3333333333333333333333333333333333333333333333333333333333333333"

static const char debian[] =
	"web (1:2.0-3) bookworm-security; urgency=high\n\n"
	"  * Fix a hole (CVE-2026-12345, CVE-2026-1).\n\n"
	"  [ Jane Doe ]\n  * Another.\n\n"
	" -- Jane Doe <jane@example.org>  Sat, 11 Jul 2026 10:16:37 +0200\n\n"
	"web (1:2.0-2) bookworm; urgency=medium\n\n"
	"  * Second: CVE-2026-12345 and CVE-2025-0001.\n\n"
	" -- Jane Doe <jane@example.org>  Fri, 10 Jul 2026 00:00:00 +0000\n\n"
	"web (1:2.0-1) bookworm; urgency=medium\n\n"
	"  * First.\n\n"
	" -- Jane Doe <jane@example.org>  Thu, 09 Jul 2026 00:00:00 +0000\n";

/* "VERSION@TIME" of each entry. */
static char *versions(const struct vz_changelog *c)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < c->n; i++)
		vz_buf_printf(&b, "%s%s@%lld", i ? ", " : "", c->v[i].version, (long long)c->v[i].time);
	return vz_buf_steal(&b);
}

static void check_debian(const char *text, const char *older, const char *expected)
{
	auto_changelog struct vz_changelog c = {0};
	auto_free char *copy = vz_memdup(text, strlen(text)), *got = NULL;

	vz_changelog_parse_deb(copy, strlen(text), older, &c);
	got = versions(&c);
	ck_assert_str_eq(got, expected);
}

START_TEST(test_debian)
{
	auto_changelog struct vz_changelog c = {0};
	auto_texts struct vz_texts names = {0};

	check_debian(debian, "1:2.0-2", "1:2.0-3@1783757797");
	check_debian(debian, "1:2.0-1", "1:2.0-3@1783757797, 1:2.0-2@1783641600");
	check_debian(debian, "1:2.0-3", "");
	check_debian(debian, "2.0-3", "1:2.0-3@1783757797, 1:2.0-2@1783641600, 1:2.0-1@1783555200");
	/* what breaks off, or is none */
	check_debian("", "1", "");
	check_debian("web (2) x", "1", "2@0");
	check_debian("web (2", "1", "");
	check_debian("\n\n  * text\n\nweb (2) x\nweb (1.5) x\n -- J <j@x>  nonsense\n", "1", "2@0, 1.5@0");
	vz_changelog_parse_deb(debian, strlen(debian), "1:2.0-1", &c);
	ck_assert_str_eq(c.v[0].text, "  * Fix a hole (CVE-2026-12345, CVE-2026-1).\n\n  [ Jane Doe ]\n  * Another.");
	for (size_t i = 0; i < c.n; i++)
		vz_changelog_vulnerabilities(c.v[i].text, &names);
	ck_assert_uint_eq(names.n, 2);
	ck_assert_str_eq(names.v[0], "CVE-2026-12345");
	ck_assert_str_eq(names.v[1], "CVE-2025-0001");
}
END_TEST

START_TEST(test_caps)
{
	auto_changelog struct vz_changelog many = {0}, large = {0};
	auto_buf struct vz_buf text = {0};
	auto_free char *line = vz_alloc(VZ_CHANGELOG_BYTES / 2 + 1);

	for (int i = 1000; i > 0; i--)
		vz_buf_printf(&text, "web (%d) x\n\n  * Text.\n\n -- J <j@x>  Fri, 10 Jul 2026 00:00:00 +0000\n\n", i);
	vz_changelog_parse_deb(text.data, text.len, "1", &many);
	ck_assert_uint_eq(many.n, VZ_CHANGELOG_ENTRIES);
	ck_assert(many.cut);
	vz_buf_clear(&text);
	memset(line, 'x', VZ_CHANGELOG_BYTES / 2);
	for (int i = 5; i > 0; i--)
		vz_buf_printf(&text, "web (%d) x\n\n  %s\n\n -- J <j@x>  Fri, 10 Jul 2026 00:00:00 +0000\n\n", i, line);
	vz_changelog_parse_deb(text.data, text.len, "0", &large);
	ck_assert_uint_eq(large.n, 1);
	ck_assert(large.cut);
}
END_TEST

/* ---- from a store ---- */

static void put_record(struct vz_store *s, const char *family, const char *digest, const char *member, const void *card, size_t len,
		       struct vz_tree *tree)
{
	auto_record struct vz_record *r = vz_record_new(family);

	r->size = 1;
	vz_record_add(r, member, card, len);
	r->tree = tree;
	vz_tree_count_links(tree);
	must(vz_record_put(s, digest, r, &err));
}

static struct vz_plan *plan(const char *family, const char *packages)
{
	auto_free char *text = vz_printf("vzpkg-lock 1\ntemplate x os\narch x86_64\nfamily %s\ndate 1\nrepository main %s - 1 -\n%s", family,
					 family, packages);
	struct vz_plan *p = vz_plan_read(text, strlen(text), "plan", &err);

	ck_assert_msg(p != NULL, "%s", err.msg);
	return p;
}

static struct vz_tree *with_changelog(struct vz_store *s)
{
	struct vz_tree *t = vz_tree_new();
	struct vz_node *n = vz_node_add(vz_tree_make_dirs(t, "/usr/share/doc/web-doc", 0755, 0), "changelog.Debian.gz", S_IFREG | 0644);
	auto_buf struct vz_buf packed = {0};
	struct vz_digest d;

	vz_gzip_write(debian, strlen(debian), &packed);
	must(vz_object_put(s, packed.data, packed.len, &d, NULL, &err));
	vz_node_set_object(n, &d, packed.len);
	return t;
}

static struct vz_tree *with_link(void)
{
	struct vz_tree *t = vz_tree_new();

	vz_node_set_symlink(vz_node_add(vz_tree_make_dirs(t, "/usr/share/doc", 0755, 0), "web", S_IFLNK | 0777), "web-doc");
	return t;
}

/* The package's documentation is another's, and its version not that of its source. */
START_TEST(test_deb_store)
{
	static const char control[] = "Package: web\nSource: web-src (1:2.0-2)\nVersion: 7.1\nArchitecture: amd64\n";
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	auto_plan struct vz_plan *before = plan("deb", "package web 7.1 amd64 main 1 " OLD_DIGEST " a.deb -\n");
	auto_plan struct vz_plan *now = plan("deb", "package web 7.2 amd64 main 1 " NEW_DIGEST " a.deb -\n"
						    "package web-doc 7.2 amd64 main 1 " DOC_DIGEST " b.deb -\n");
	const struct vz_plan_change c = { &before->packages[0], &now->packages[0] };
	auto_changelog struct vz_changelog got = {0}, none = {0}, unsaid = {0};
	auto_free char *text = NULL, *without = NULL;

	must(vz_changelog_read(s, now, &c, &none, &err));
	ck_assert_uint_eq(none.n, 0);
	put_record(s, "deb", NEW_DIGEST, "control", "Package: web\n", 13, with_link());
	put_record(s, "deb", DOC_DIGEST, "control", "Package: web-doc\n", 17, with_changelog(s));
	/* the older package is not there: its own version counts, 7.1 */
	must(vz_changelog_read(s, now, &c, &unsaid, &err));
	without = versions(&unsaid);
	ck_assert_str_eq(without, "1:2.0-3@1783757797, 1:2.0-2@1783641600, 1:2.0-1@1783555200");
	put_record(s, "deb", OLD_DIGEST, "control", control, strlen(control), vz_tree_new());
	must(vz_changelog_read(s, now, &c, &got, &err));
	text = versions(&got);
	ck_assert_str_eq(text, "1:2.0-3@1783757797");
}
END_TEST

/* A header with entries: times, names, texts. */
static void put_rpm(struct vz_store *s, const char *digest, const char *times, size_t n, const char *names, const char *texts, size_t len)
{
	struct rpm_spec spec = { .tags = { { 9080, T_INT32, (uint32_t)n, times, 4 * n },
					   { 9081, T_STRINGS, (uint32_t)n, names, len }, { 9082, T_STRINGS, (uint32_t)n, texts, 2 * n } } };
	auto_buf struct vz_buf file = {0};

	/* rpm_make() adds tags from 9000 on, less 8000 */
	rpm_make(&spec, NULL, &file);
	put_record(s, "rpm", digest, "header", file.data + 96, file.len - 96, vz_tree_new());
}

START_TEST(test_rpm_store)
{
	static const char names[] = "Jane <j@x> - 3-1\0Jane <j@x> - 2-1\0Jane <j@x> - 1:1-1";
	const size_t one = strlen("Jane <j@x> - 3-1") + 1;
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	auto_plan struct vz_plan *before = plan("rpm", "package tst 2-1 noarch main 1 " OLD_DIGEST " a.rpm -\n");
	auto_plan struct vz_plan *oldest = plan("rpm", "package tst 1:1-1 noarch main 1 " DOC_DIGEST " a.rpm -\n");
	auto_plan struct vz_plan *now = plan("rpm", "package tst 3-1 noarch main 1 " NEW_DIGEST " a.rpm -\n");
	const struct vz_plan_change c = { &before->packages[0], &now->packages[0] }, o = { &oldest->packages[0], &now->packages[0] };
	auto_changelog struct vz_changelog gone = {0}, there = {0}, far = {0};
	auto_free char *a = NULL, *b = NULL, *d = NULL;

	put_rpm(s, NEW_DIGEST, "\0\0\0\3\0\0\0\2\0\0\0\1", 3, names, "x\0y\0z", sizeof names);
	must(vz_changelog_read(s, now, &c, &gone, &err));
	a = versions(&gone);
	ck_assert_str_eq(a, "Jane <j@x> - 3-1@3");
	ck_assert_str_eq(gone.v[0].text, "x");
	must(vz_changelog_read(s, now, &o, &far, &err));
	b = versions(&far);
	ck_assert_str_eq(b, "Jane <j@x> - 3-1@3, Jane <j@x> - 2-1@2");
	/* with the older package at hand its newest entry counts, whatever it says of versions */
	put_rpm(s, OLD_DIGEST, "\0\0\0\1", 1, names + 2 * one, "z", sizeof names - 2 * one);
	must(vz_changelog_read(s, now, &c, &there, &err));
	d = versions(&there);
	ck_assert_str_eq(d, "Jane <j@x> - 3-1@3, Jane <j@x> - 2-1@2");
}
END_TEST

UNIT_MAIN("changelog", test_debian, test_caps, test_deb_store, test_rpm_store)
