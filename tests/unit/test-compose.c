/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "builder/compose.h"
#include "builder/content.h"
#include "builder/waiting.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

#define DB "d /var\nd /var/lib\nd /var/lib/dpkg\nd /var/lib/dpkg/info\n"

#define DIVERTER "/var/lib/dpkg/vzpkg-waiting/diverter:amd64"
#define DIVERT "#!/bin/sh\ndpkg-divert --add /x; dpkg-divert --add /named\n"

/* Packages of one test; "diverter" has a preinst; `tree` as in trees.h, `control` what follows the three fields that all have. */
struct package {
	const char *name, *version, *control, *tree;
};

static char *scratch;
static struct vz_store *store;

static void setup(void)
{
	struct vz_err err;

	scratch = scratch_new();
	store = vz_store_open(scratch, VZ_STORE_CHANGE, &err);
	ck_assert_msg(store, "%s", err.msg);
}

static void teardown(void)
{
	vz_store_close(store);
	scratch_free(&scratch);
}

static struct vz_record *record(const struct package *p)
{
	struct vz_record *r = vz_record_new("deb");
	char *control = vz_printf("Package: %s\nVersion: %s\nArchitecture: amd64\n%s", p->name, p->version, p->control);

	vz_record_add(r, "control", control, strlen(control));
	if (strcmp(p->name, "diverter") == 0)
		vz_record_add(r, "preinst", DIVERT, strlen(DIVERT));
	vz_tree_free(r->tree);
	r->tree = trees_read(p->tree);
	free(control);
	return r;
}

/* Composes onto `t`; the result is vz_compose()'s. */
static int compose(struct vz_tree *t, const struct package *packages, struct vz_err *err)
{
	struct vz_compose_package in[8];
	struct vz_compose c = { .family = "deb", .store = store, .tree = t, .packages = in, .date = 100 };
	struct vz_record *records[8];
	int rc;

	for (; packages[c.n].name; c.n++) {
		records[c.n] = record(&packages[c.n]);
		in[c.n] = (struct vz_compose_package){ packages[c.n].name, packages[c.n].version, "amd64",
						       records[c.n] };
	}
	rc = vz_compose(&c, err);
	for (size_t i = 0; i < c.n; i++)
		vz_record_free(records[i]);
	return rc;
}

static void expect(const char *parent, const struct package *packages, const char *expected)
{
	struct vz_tree *t = trees_read(parent);
	struct vz_err err;

	must(compose(t, packages, &err));
	trees_equal(t, expected);
	vz_tree_free(t);
}

static void expect_conflict(const char *parent, const struct package *packages, const char *message)
{
	struct vz_tree *t = trees_read(parent);
	struct vz_err err;

	must_fail(compose(t, packages, &err), VZ_FAILED, message);
	vz_tree_free(t);
}

START_TEST(test_merged_usr)
{
	expect("", (struct package[]){
		{ "a", "1", "", "d /usr\nd /usr/bin\nf /usr/bin/x 1\n" },
		{ "b", "1", "", "d /bin\nf /bin/y 2\nd /lib64\nl /lib64/ld.so ld-2.so\nd /lib\nd /lib/deep\nf /lib/deep/z 3\n" },
		{} },
	       "l /bin usr/bin\nl /lib usr/lib\nl /lib64 usr/lib64\nd /usr\nd /usr/bin\nf /usr/bin/x 1\nf /usr/bin/y 2\n"
	       "d /usr/lib\nd /usr/lib/deep\nf /usr/lib/deep/z 3\nd /usr/lib64\nl /usr/lib64/ld.so ld-2.so\n");
}
END_TEST

/* A package that brings the links itself, and one that still has the old paths. */
START_TEST(test_links_of_base_files)
{
	expect("", (struct package[]){
		{ "old", "1", "", "d /bin\nf /bin/y 2\n" },
		{ "base-files", "13", "", "l /bin usr/bin\nl /sbin usr/sbin\nd /usr\nd /usr/bin\nd /usr/sbin\n" },
		{} },
	       "l /bin usr/bin\nl /sbin usr/sbin\nd /usr\nd /usr/bin\nf /usr/bin/y 2\nd /usr/sbin\n");
}
END_TEST

START_TEST(test_unmerged_parent_stays)
{
	expect("d /bin\nf /bin/x 1\n", (struct package[]){ { "b", "1", "", "d /bin\nf /bin/y 2\n" }, {} },
	       "d /bin\nf /bin/x 1\nf /bin/y 2\n");
}
END_TEST

START_TEST(test_directories)
{
	struct vz_tree *t = trees_read("d /opt\nl /data opt\n");
	struct package packages[] = { { "a", "1", "", "d /data\nf /data/x 1\nd /new\n" }, { "b", "1", "", "d /new\nl /opt x\n" }, {} };
	struct vz_err err;

	must(compose(t, packages, &err));
	trees_equal(t, "l /data opt\nd /new\nd /opt\nf /opt/x 1\n");
	ck_assert_uint_eq(vz_tree_find(t, "/new")->owner, 1);
	ck_assert_uint_eq(vz_tree_find(t, "/opt")->owner, 0);
	vz_tree_free(t);
}
END_TEST

START_TEST(test_times)
{
	struct vz_tree *t = vz_tree_new();
	struct package p = { "a", "1", "", "f /early 1\nf /late 2\n" };
	struct vz_record *r = record(&p);
	struct vz_compose_package in = { "a", "1", "amd64", r };
	struct vz_compose c = { "deb", store, t, &in, 1, 100 };
	struct vz_err err;

	vz_tree_find(r->tree, "/early")->mtime = 50;
	vz_tree_find(r->tree, "/late")->mtime = 150;
	must(vz_compose(&c, &err));
	ck_assert_int_eq(vz_tree_find(t, "/early")->mtime, 50);
	ck_assert_int_eq(vz_tree_find(t, "/late")->mtime, 100);
	vz_record_free(r);
	vz_tree_free(t);
}
END_TEST

START_TEST(test_conflicts)
{
	expect_conflict("", (struct package[]){ { "a", "1", "", "f /x 1\n" }, { "b", "2", "", "f /x 1\n" }, {} },
			"packages 'a' (1) and 'b' (2) both ship '/x'");
	expect_conflict("", (struct package[]){ { "a", "1", "", "f /x 1\n" }, { "b", "2", "", "d /x\n" }, {} }, "'/x'");
	expect_conflict("", (struct package[]){ { "a", "1", "", "d /x\n" }, { "b", "2", "", "f /x 1\n" }, {} }, "'/x'");
	expect_conflict("", (struct package[]){ { "a", "1", "", "d /usr\nd /usr/bin\nf /usr/bin/x 1\n" },
						{ "b", "2", "", "d /bin\nf /bin/x 1\n" }, {} }, "'/usr/bin/x'");
	expect_conflict("", (struct package[]){ { "a", "1", "", "f /x 1\n" }, { "b", "2", "Replaces: a (<< 1)\n", "f /x 1\n" },
						{} }, "'a'");
}
END_TEST

#define LIST "/var/lib/dpkg/info/a.list"
START_TEST(test_replaces)
{
	static const char a[] = DB "f " LIST " /.~/x~/y~\nf /x a\nf /y a\n";
	static const char after[] = DB "f " LIST " /.~/y~\nf /x b\nf /y a\n";

	expect("", (struct package[]){ { "a", "1", "", a }, { "b", "2", "Replaces: c, a (<< 2)\n", "f /x b\n" }, {} }, after);
	expect("", (struct package[]){ { "b", "2", "Replaces: a\n", "f /x b\n" }, { "a", "1", "", a }, {} }, after);
}
END_TEST

static void put(struct vz_tree *t, const char *path, const char *text)
{
	const struct vz_content_file f = { path, 0644, 0, text, strlen(text) };
	struct vz_err err;

	must(vz_content_write(store, t, &f, &err));
}

static void has_text(struct vz_tree *t, const char *path, const char *text)
{
	auto_buf struct vz_buf b = {0};
	struct vz_err err;

	must(vz_content_read(store, t, path, &b, &err));
	ck_assert_str_eq(b.data, text);
}

/* The parent has package a configured; its list is long enough to be an object. */
static struct vz_tree *parent(void)
{
	struct vz_tree *t = trees_read("d /usr\nd /usr/bin\nf /usr/bin/x a\nf /usr/bin/y made by a script\n");

	put(t, "/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n");
	vz_tree_find(t, "/usr/bin/x")->owner = 7;        /* of an earlier composition */
	put(t, "/var/lib/dpkg/info/a.list", "/.\n/bin\n/bin/x\n/usr/share/doc/a/a-name-that-makes-the-list-long-enough\n/z\n");
	return t;
}

START_TEST(test_parent_replaced)
{
	struct vz_tree *t = parent();
	struct package packages[] = { { "b", "2", "Replaces: a\n", "d /usr\nd /usr/bin\nf /usr/bin/x b\nf /usr/bin/y b\n" }, {} };
	struct vz_err err;

	must(compose(t, packages, &err));
	ck_assert_mem_eq(vz_tree_find(t, "/usr/bin/x")->content, "b", 1);
	ck_assert_mem_eq(vz_tree_find(t, "/usr/bin/y")->content, "b", 1);
	has_text(t, "/var/lib/dpkg/info/a.list",
		 "/.\n/bin\n/usr/share/doc/a/a-name-that-makes-the-list-long-enough\n/z\n");
	vz_tree_free(t);
}
END_TEST

START_TEST(test_parent_conflict)
{
	struct vz_tree *t = parent();
	struct package packages[] = { { "b", "2", "", "d /usr\nd /usr/bin\nf /usr/bin/x b\n" }, {} };
	struct vz_err err;

	must_fail(compose(t, packages, &err), VZ_FAILED, "packages 'a' (1) and 'b' (2)");
	vz_tree_free(t);
}
END_TEST

START_TEST(test_diverted)
{
	struct vz_tree *t = parent();
	struct package packages[] = { { "b", "2", "", "d /usr\nd /usr/bin\nf /usr/bin/x b\n" },
				      { "owner", "2", "", "d /usr\nd /usr/bin\nf /usr/bin/y mine\n" }, {} };
	struct vz_err err;

	put(t, "/var/lib/dpkg/diversions", "/usr/bin/x\n/usr/lib/away/x.real\na\n/usr/bin/y\n/usr/bin/y.real\nowner\n");
	must(compose(t, packages, &err));
	ck_assert_mem_eq(vz_tree_find(t, "/usr/bin/x")->content, "a", 1);
	ck_assert_mem_eq(vz_tree_find(t, "/usr/lib/away/x.real")->content, "b", 1);
	ck_assert_mem_eq(vz_tree_find(t, "/usr/bin/y")->content, "mine", 4);
	vz_tree_free(t);
}
END_TEST

START_TEST(test_hard_links)
{
	expect("", (struct package[]){
		{ "a", "1", "", "f /m 1\nh /n /m\nh /o /m\n" },
		{ "b", "1", "Replaces: a\n", "f /m other\n" }, {} },
	       "f /m other\nf /n 1\nh /o /n\n");
	expect("", (struct package[]){
		{ "b", "1", "Replaces: a\n", "f /m other\n" },
		{ "a", "1", "", "f /m 1\nh /n /m\nh /o /m\n" }, {} },
	       "f /m other\nf /n 1\nh /o /n\n");
}
END_TEST

/* Put aside together with its list and what its preinst names. */
static void expect_waiting(const struct package *packages)
{
	struct vz_tree *t = vz_tree_new();
	struct vz_err err;

	must(compose(t, packages, &err));
	has_text(t, "/x", "a");
	has_text(t, "/other", "b");
	has_text(t, DIVERTER "/0", "b");
	has_text(t, DIVERTER "/1", "b");
	has_text(t, DIVERTER "/2", "/x\n");
	has_text(t, DIVERTER "/list", "0\n/x\n/x\na\n1\n/named\n/named\ndiverter\n"
				      "2\n/var/lib/dpkg/info/diverter.list\n/var/lib/dpkg/info/diverter.list\ndiverter\n");
	has_text(t, "/var/lib/dpkg/info/diverter.preinst", "1");
	ck_assert_ptr_null(vz_tree_find(t, "/var/lib/dpkg/info/diverter.list"));
	vz_tree_free(t);
}

START_TEST(test_waiting)
{
	struct package a = { "a", "1", "", "f /x a\nf /named2 a\n" };
	struct package b = { "diverter", "1", "", DB "f /var/lib/dpkg/info/diverter.list /x~\n"
			     "f /var/lib/dpkg/info/diverter.preinst 1\nf /x b\nf /named b\nf /other b\n" };

	expect_waiting((struct package[]){ a, b, {} });
	expect_waiting((struct package[]){ b, a, {} });
}
END_TEST

/* Also where nobody else has what the preinst names; by the path it was shipped as. */
START_TEST(test_waiting_alone)
{
	struct package b[] = { { "diverter", "1", "", "d /sbin\nf /sbin/named b\nf /sbin/other b\n" }, {} };
	struct vz_tree *t = vz_tree_new();
	struct vz_err err;

	must(compose(t, b, &err));
	ck_assert_ptr_null(vz_tree_find(t, "/usr/sbin/named"));
	has_text(t, "/usr/sbin/other", "b");
	has_text(t, DIVERTER "/0", "b");
	has_text(t, DIVERTER "/list", "0\n/usr/sbin/named\n/sbin/named\ndiverter\n");
	vz_tree_free(t);
}
END_TEST

START_TEST(test_shared_instances)
{
	struct package packages[] = { { "lib", "1", "Multi-Arch: same\n", "f /doc text\n" },
				      { "lib", "1", "Multi-Arch: same\n", "f /doc text\n" }, {} };

	expect("", packages, "f /doc text\n");
	packages[1].tree = "f /doc other\n";
	expect_conflict("", packages, "'/doc'");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { test_merged_usr, test_links_of_base_files, test_unmerged_parent_stays,
				       test_directories, test_times, test_conflicts, test_replaces, test_parent_replaced,
				       test_parent_conflict, test_diverted, test_hard_links, test_waiting, test_waiting_alone,
				       test_shared_instances };
	Suite *suite = suite_create("compose");
	TCase *tc = tcase_create("compose");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
