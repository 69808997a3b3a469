/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "builder/compose.h"
#include "builder/rpm_header.h"
#include "builder/rpmdb.h"
#include "store/ingest.h"
#include "tests/unit/rpmfile.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

#define D (S_IFDIR | 0755)
#define L (S_IFLNK | 0777)
#define GHOST 64
#define CONFIG 1
#define NOREPLACE 16
#define PACKAGES 4

static char *scratch;
static struct vz_store *store;
static struct vz_err err;

static void setup(void)
{
	scratch = scratch_new();
	store = vz_store_open(scratch, VZ_STORE_CHANGE, &err);
	ck_assert_msg(store, "%s", err.msg);
}

static void teardown(void)
{
	vz_store_close(store);
	scratch_free(&scratch);
}

struct package {
	const char *name;
	struct rpm_file files[RPM_FILES];
};

/* What opening the package leaves. */
static struct vz_record *record(const struct package *p)
{
	struct rpm_spec spec = { .tags = { { 1000, T_STRING, 1, p->name, strlen(p->name) + 1 } } };
	char key[65] = "00000000000000000000000000000000000000000000000000000000000000aa";
	auto_fd int fd = memfd_create("rpm", MFD_CLOEXEC);
	auto_buf struct vz_buf rpm = {0};
	struct vz_ingest_result result;
	struct vz_record *r;

	memcpy(spec.files, p->files, sizeof spec.files);
	rpm_make(&spec, NULL, &rpm);
	must(vz_write_fd(fd, rpm.data, rpm.len, &err));
	must(vz_ingest(store, "rpm", fd, key, &result, &err));
	r = vz_record_read(store, key, &err);
	ck_assert_msg(r != NULL, "%s", err.msg);
	ck_assert_int_eq(unlinkat(vz_store_fd(store), "packages/00000000000000000000000000000000000000000000000000000000000000aa", 0), 0);
	return r;
}

static int compose(struct vz_tree *t, const struct package *packages)
{
	struct vz_compose_package in[PACKAGES];
	struct vz_compose c = { .family = "rpm", .store = store, .tree = t, .packages = in, .date = 200 };
	struct vz_record *records[PACKAGES];
	int rc;

	for (; c.n < PACKAGES && packages[c.n].name; c.n++) {
		records[c.n] = record(&packages[c.n]);
		in[c.n] = (struct vz_compose_package){ packages[c.n].name, "1-1", "noarch", records[c.n] };
	}
	rc = vz_compose(&c, &err);
	for (size_t i = 0; i < c.n; i++)
		vz_record_free(records[i]);
	return rc;
}

static const struct {
	const char *parent;
	struct package packages[PACKAGES];
	const char *tree;            /* the result, or */
	const char *message;         /* why there is none */
} cases[] = {
	/* merged /usr is what a package's links say, in whatever order they come */
	{ "", { { "a", { { .path = "/bin/x", .data = "1" }, { .path = "/usr/sbin/y", .data = "2" }, { .path = "/var/run/z", .data = "3" } } },
		{ "filesystem", { { .path = "/bin", .mode = L, .data = "usr/bin" }, { .path = "/usr/bin", .mode = D },
				  { .path = "/usr/sbin", .mode = L, .data = "bin" }, { .path = "/var/run", .mode = L, .data = "../run" } } } },
	  "l /bin usr/bin\nd /run\nf /run/z 3\nd /usr\nd /usr/bin\nf /usr/bin/x 1\nf /usr/bin/y 2\nl /usr/sbin bin\nd /var\nl /var/run ../run\n", NULL },
	{ "", { { "filesystem", { { .path = "/lib64", .mode = L, .data = "usr/lib64" }, { .path = "/usr/lib64", .mode = D } } },
		{ "b", { { .path = "/lib64/x", .data = "1" } } } },
	  "l /lib64 usr/lib64\nd /usr\nd /usr/lib64\nf /usr/lib64/x 1\n", NULL },
	/* files */
	{ "", { { "a", { { .path = "/x", .data = "1" } } }, { "b", { { .path = "/x", .data = "1", .mtime = 7 } } } }, "f /x 1\n", NULL },
	{ "", { { "a", { { .path = "/x", .data = "1" } } }, { "b", { { .path = "/x", .data = "2" } } } }, NULL,
	  "packages 'a' (1-1) and 'b' (1-1) both ship '/x'" },
	{ "", { { "a", { { .path = "/x", .data = "1" } } }, { "b", { { .path = "/x", .data = "1", .mode = 0100755 } } } }, NULL,
	  "'a' (1-1) and 'b' (1-1) both ship '/x'" },
	{ "", { { "a", { { .path = "/x", .data = "1" } } }, { "b", { { .path = "/x", .data = "1", .group = "mail" } } } }, NULL, "both ship '/x'" },
	{ "", { { "a", { { .path = "/x", .mode = L, .data = "1" } } }, { "b", { { .path = "/x", .mode = L, .data = "2" } } } }, NULL, "both ship '/x'" },
	{ "", { { "a", { { .path = "/x", .mode = L, .data = "1" } } }, { "b", { { .path = "/x", .mode = L, .data = "1" } } } }, "l /x 1\n", NULL },
	/* the same file by two ways */
	{ "", { { "fs", { { .path = "/bin", .mode = L, .data = "usr/bin" }, { .path = "/usr/bin", .mode = D } } },
		{ "a", { { .path = "/bin/x", .data = "1" } } }, { "b", { { .path = "/usr/bin/x", .data = "2" } } } }, NULL,
	  "'a' (1-1) and 'b' (1-1) both ship '/usr/bin/x'" },
	{ "", { { "fs", { { .path = "/bin", .mode = L, .data = "usr/bin" }, { .path = "/usr/bin", .mode = D } } },
		{ "a", { { .path = "/bin/x", .data = "1" } } }, { "b", { { .path = "/usr/bin/x", .data = "1" } } } },
	  "l /bin usr/bin\nd /usr\nd /usr/bin\nf /usr/bin/x 1\n", NULL },
	/* ghosts */
	{ "", { { "a", { { .path = "/x", .data = "1" } } }, { "b", { { .path = "/x", .data = "2", .flags = GHOST, .absent = true } } } }, "f /x 1\n", NULL },
	{ "", { { "a", { { .path = "/x", .data = "2", .flags = GHOST, .absent = true } } }, { "b", { { .path = "/x", .data = "1" } } } }, "f /x 1\n", NULL },
	/* the one of 64 bits, whichever comes first */
	{ "", { { "a", { { .path = "/x", .data = "32", .color = 1 } } }, { "b", { { .path = "/x", .data = "64", .color = 2 } } } }, "f /x 64\n", NULL },
	{ "", { { "a", { { .path = "/x", .data = "64", .color = 2 } } }, { "b", { { .path = "/x", .data = "32", .color = 1 } } } }, "f /x 64\n", NULL },
	{ "", { { "a", { { .path = "/x", .data = "64", .color = 2 } } }, { "b", { { .path = "/x", .data = "46", .color = 2 } } } }, NULL, "both ship '/x'" },
	{ "", { { "a", { { .path = "/x", .data = "64", .color = 2 } } }, { "b", { { .path = "/x", .data = "sh" } } } }, NULL, "both ship '/x'" },
	/* directories */
	{ "", { { "a", { { .path = "/d", .mode = D } } }, { "b", { { .path = "/d", .mode = D } } } }, "d /d\n", NULL },
	{ "", { { "a", { { .path = "/d", .mode = D } } }, { "b", { { .path = "/d", .mode = S_IFDIR | 0700 } } } }, NULL, "both ship '/d'" },
	{ "", { { "a", { { .path = "/d", .mode = D } } }, { "b", { { .path = "/d", .mode = D, .user = "mail" } } } }, NULL, "both ship '/d'" },
	{ "", { { "a", { { .path = "/d", .mode = D, .user = "mail" } } }, { "b", { { .path = "/d", .mode = D } } } }, NULL, "both ship '/d'" },
	{ "", { { "a", { { .path = "/d", .mode = D } } }, { "b", { { .path = "/d", .mode = L, .data = "e" } } } }, NULL,
	  "both ship '/d'" },
	{ "", { { "a", { { .path = "/d/f", .data = "1" } } }, { "b", { { .path = "/d", .data = "1" } } } }, NULL, "a directory already" },
	{ "", { { "a", { { .path = "/d", .data = "1" } } }, { "b", { { .path = "/d/f", .data = "1" } } } }, NULL,
	  "'/d' is a directory in package 'b' but a file already" },
	{ "", { { "fs", { { .path = "/d", .mode = L, .data = "e" }, { .path = "/e", .mode = D } } }, { "b", { { .path = "/d", .mode = D } } } }, NULL,
	  "both ship '/d'" },
	/* what no package of the parent has */
	{ "f /x old\n", { { "a", { { .path = "/x", .data = "new" } } } }, "f /x new\n", NULL },
	{ "f /x old\n", { { "a", { { .path = "/x", .data = "new", .flags = CONFIG } } } }, "f /x new\nf /x.rpmorig old\n", NULL },
	{ "f /x old\nf /x.rpmorig older\n", { { "a", { { .path = "/x", .data = "new", .flags = CONFIG } } } }, "f /x new\nf /x.rpmorig old\n", NULL },
	{ "f /x old\n", { { "a", { { .path = "/x", .data = "new", .flags = CONFIG | NOREPLACE } } } }, "f /x old\nf /x.rpmnew new\n", NULL },
	{ "f /x same\n", { { "a", { { .path = "/x", .data = "same", .flags = CONFIG } } } }, "f /x same\n", NULL },
	{ "d /data\nl /d data\n", { { "a", { { .path = "/d", .mode = D }, { .path = "/d/f", .data = "1" } } } }, "l /d data\nd /data\nf /data/f 1\n", NULL },
};

START_TEST(test_cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_tree struct vz_tree *t = trees_read(cases[i].parent);
		int rc = compose(t, cases[i].packages);

		if (cases[i].message) {
			ck_assert_msg(rc < 0, "case %zu is taken, should be: %s", i, cases[i].message);
			ck_assert_msg(strstr(err.msg, cases[i].message), "case %zu: %s", i, err.msg);
		} else {
			auto_free char *text = NULL;

			ck_assert_msg(rc == 0, "case %zu: %s", i, err.msg);
			text = trees_text(t);
			ck_assert_msg(strcmp(text, cases[i].tree) == 0, "case %zu: %s", i, text);
		}
	}
}
END_TEST

/* Attributes are those of the first package that lists a directory; being on the way to a file is no listing. */
START_TEST(test_directories)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *n;

	must(compose(t, (struct package[]){
		{ "a", { { .path = "/d/f", .data = "1" } } },
		{ "b", { { .path = "/", .mode = S_IFDIR | 0555 }, { .path = "/d", .mode = S_IFDIR | 02700, .group = "mail", .mtime = 50 } } },
		{ "c", { { .path = "/d/g", .data = "1" } } }, {} }));
	n = vz_tree_find(t, "/d");
	ck_assert_uint_eq(n->mode, S_IFDIR | 02700);
	ck_assert_int_eq(n->mtime, 50);
	ck_assert_uint_eq(n->n_children, 2);
	ck_assert_uint_eq(t->root->mode, S_IFDIR | 0555);
	must_fail(compose(t, (struct package[]){
		{ "d", { { .path = "/d2", .mode = S_IFDIR | 0711 } } },
		{ "e", { { .path = "/d2/f", .data = "1" } } },
		{ "f", { { .path = "/d2", .mode = D } } }, {} }), VZ_FAILED, "'d' (1-1) and 'f' (1-1) both ship '/d2'");
}
END_TEST

/* The parent's packages are known by its database. */
START_TEST(test_parent)
{
	static const struct package base = { "base", { { .path = "/x", .data = "1" }, { .path = "/d", .mode = S_IFDIR | 0700 },
						       { .path = "/log", .data = "", .flags = GHOST, .absent = true } } };
	struct vz_rpmdb_place place = { .dir = "/var/lib/rpm", .kind = VZ_RPMDB_NDB };
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_tree struct vz_tree *t = trees_read("d /usr\nd /usr/lib\nd /usr/lib/rpm\n");
	auto_buf struct vz_buf db = {0};
	auto_record struct vz_record *r = record(&base);
	const struct vz_record_member *m = vz_record_member(r, "header");
	struct vz_content_file macros = { "/usr/lib/rpm/macros", 0644, 1, "%_dbpath /var/lib/rpm\n%_db_backend ndb\n", 0 };

	macros.len = strlen(macros.data);
	must(compose(t, (struct package[]){ base, {} }));
	must(vz_content_write(store, t, &macros, &err));
	must(vz_content_write(store, t, &(struct vz_content_file){ "/log", 0644, 1, "text", 4 }, &err));
	must(vz_rpm_installed(m->data, m->len, 1, vz_rpmdb_entries_add(&e), &err));
	must(vz_rpmdb_form(place.kind, &e, 1, &db, &err));
	must(vz_rpmdb_write(store, t, &place, &db, 1, &err));

	must(compose(t, (struct package[]){ { "a", { { .path = "/x", .data = "1" }, { .path = "/d", .mode = S_IFDIR | 0700 } } }, {} }));
	must_fail(compose(t, (struct package[]){ { "a", { { .path = "/x", .data = "2" } } }, {} }), VZ_FAILED,
		  "packages 'base' (1-1) and 'a' (1-1) both ship '/x'");
	must_fail(compose(t, (struct package[]){ { "a", { { .path = "/d", .mode = D } } }, {} }), VZ_FAILED,
		  "packages 'base' (1-1) and 'a' (1-1) both ship '/d'");
	must(compose(t, (struct package[]){ { "a", { { .path = "/log", .data = "mine" } } }, {} }));
	ck_assert_uint_eq(vz_tree_find(t, "/log")->size, 4);
	ck_assert_mem_eq(vz_tree_find(t, "/log")->content, "mine", 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("claim-rpm");
	TCase *tc = tcase_create("claim-rpm");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_cases);
	tcase_add_test(tc, test_directories);
	tcase_add_test(tc, test_parent);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
