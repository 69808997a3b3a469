/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "store/image.h"
#include "store/manifest.h"
#include "tests/unit/scratch.h"

static struct vz_store *new_store(const char *dir)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static struct vz_manifest some_manifest(const char *name)
{
	return (struct vz_manifest){
		.name = vz_strdup(name), .kind = vz_strdup("os"), .summary = vz_strdup("Sömething \"quoted\""),
		.arch = vz_strdup("amd64"), .family = vz_strdup("deb"), .parent = vz_strdup("base@3"),
		.recipe = vz_strdup("[template]\nname = x\n"), .recipe_path = vz_strdup("/r/x.recipe"), .lock = vz_strdup("the lock\n"), .version = 1,
		.image_size = 4096, .packages = 1, .files = 2, .bytes = 3, .new_bytes = 4, .seconds = 1.25, .created = 1700000000,
		.source_date = 1690000000,
	};
}

static struct vz_tree *some_tree(const char *content)
{
	struct vz_tree *t = vz_tree_new();

	vz_node_set_content(vz_node_add(t->root, "file", S_IFREG | 0644), content, strlen(content));
	vz_tree_count_links(t);
	return t;
}

/* Publishes a version whose one file has `content`. */
static unsigned publish(struct vz_store *s, const char *name, const char *content)
{
	auto_manifest struct vz_manifest m = some_manifest(name);
	auto_tree struct vz_tree *t = some_tree(content);
	auto_buf struct vz_buf image = {0};
	struct vz_err err = {0};

	must(vz_image_write(t, NULL, &image, &err));
	must(vz_store_put_image(s, image.data, image.len, &m.image, &err));
	m.image_size = image.len;
	must(vz_manifest_publish(s, &m, t, "the log\n", &err));
	return m.version;
}

START_TEST(test_json)
{
	auto_manifest struct vz_manifest m = some_manifest("x"), got = {0};
	auto_buf struct vz_buf a = {0}, b = {0};
	struct vz_err err = {0};

	must(vz_manifest_format(&m, &a, &err));
	must(vz_manifest_parse(a.data, a.len, &got, &err));
	ck_assert_str_eq(got.summary, m.summary);
	ck_assert_str_eq(got.parent, "base@3");
	ck_assert_str_eq(got.recipe, m.recipe);
	ck_assert_str_eq(got.recipe_path, "/r/x.recipe");
	ck_assert_ptr_null(got.lock);
	ck_assert(got.seconds == 1.25 && got.new_bytes == 4 && got.source_date == 1690000000);
	must(vz_manifest_format(&got, &b, &err));
	ck_assert_str_eq(a.data, b.data);

	vz_manifest_release(&got);
	free(steal(&m.parent));
	free(steal(&m.recipe_path));
	vz_buf_clear(&a);
	must(vz_manifest_format(&m, &a, &err));
	must(vz_manifest_parse(a.data, a.len, &got, &err));
	ck_assert(!got.parent && !got.recipe_path);
	free(steal(&m.summary));
	vz_buf_clear(&a);
	vz_manifest_release(&got);
	must(vz_manifest_format(&m, &a, &err));
	must(vz_manifest_parse(a.data, a.len, &got, &err));
	ck_assert_ptr_null(got.summary);
	m.summary = vz_strdup("\xff");
	must_fail(vz_manifest_format(&m, &a, &err), VZ_FAILED, "'summary' is not UTF-8");
	free(steal(&m.kind));
	must_fail(vz_manifest_format(&m, &a, &err), VZ_FAILED, "'kind' is missing");
}
END_TEST

/* No bit may flip, not even in white space. */
START_TEST(test_damage)
{
	auto_manifest struct vz_manifest m = some_manifest("x");
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_manifest_format(&m, &text, &err));
	for (size_t i = 0; i < text.len * 8; i++) {
		char *c = &text.data[i / 8], was = *c;
		auto_manifest struct vz_manifest got = {0};

		*c = (char)(*c ^ 1 << i % 8);
		must_fail(vz_manifest_parse(text.data, text.len, &got, &err), VZ_DAMAGED, "manifest");
		*c = was;
	}
	for (size_t len = 0; len < text.len; len++) {
		auto_manifest struct vz_manifest got = {0};

		must_fail(vz_manifest_parse(text.data, len, &got, &err), VZ_DAMAGED, "manifest");
	}
}
END_TEST

START_TEST(test_publish)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_manifest struct vz_manifest one = {0}, two = {0};
	auto_tree struct vz_tree *t = NULL;
	auto_buf struct vz_buf log = {0};
	struct vz_err err = {0};
	size_t n;
	char **names;

	must_fail(vz_manifest_read(s, "deb", &one, &err), VZ_NOTFOUND, "there is no template 'deb'");
	ck_assert_uint_eq(publish(s, "deb", "first"), 1);
	ck_assert_uint_eq(publish(s, "deb", "second"), 2);
	ck_assert_uint_eq(publish(s, "app", "third"), 1);
	ck_assert_uint_eq(vz_manifest_current(s, "deb"), 2);
	must(vz_manifest_read(s, "deb", &two, &err));
	must(vz_manifest_read(s, "deb@1", &one, &err));
	ck_assert_uint_eq(two.version, 2);
	ck_assert_str_eq(two.lock, "the lock\n");
	t = vz_manifest_tree(s, &one, &err);
	ck_assert_msg(t != NULL, "%s", err.msg);
	ck_assert_mem_eq(vz_tree_find(t, "/file")->content, "first", 5);
	must(vz_manifest_log(s, &one, &log, &err));
	ck_assert_str_eq(log.data, "the log\n");

	must(vz_manifest_set_current(s, "deb", 1, &err));
	ck_assert_uint_eq(vz_manifest_current(s, "deb"), 1);
	must_fail(vz_manifest_set_current(s, "deb", 7, &err), VZ_NOTFOUND, "'deb@7'");
	names = vz_manifest_names(s, &n, &err);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "app");
	ck_assert_str_eq(names[1], "deb");
	vz_names_free(names, n);
}
END_TEST

START_TEST(test_refs)
{
	static const char *const refs[] = { "deb@0", "deb@01", "deb@", "deb@x", "deb@1x", "deb@99999999999", "../deb", "",
					    "deb@2", "de", "deb@-1", "@1" };
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);

	publish(s, "deb", "x");
	for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
		auto_manifest struct vz_manifest m = {0};
		struct vz_err err = {0};

		must_fail(vz_manifest_read(s, refs[i], &m, &err), VZ_NOTFOUND, "template");
	}
}
END_TEST

static void check_versions(struct vz_store *s, const char *name, const char *want)
{
	struct vz_err err = {0};
	size_t n;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, &err);
	auto_buf struct vz_buf got = {0};

	vz_buf_puts(&got, "");
	for (size_t i = 0; i < n; i++)
		vz_buf_printf(&got, "%u ", all[i]);
	vz_buf_printf(&got, "current %u", vz_manifest_current(s, name));
	ck_assert_str_eq(got.data, want);
}

START_TEST(test_remove)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_err err = {0};
	char **names;
	size_t n;

	for (unsigned i = 1; i <= 11; i++)
		ck_assert_uint_eq(publish(s, "deb", "x"), i);
	must_fail(vz_manifest_remove(s, "deb", 12, &err), VZ_NOTFOUND, "'deb@12'");
	must_fail(vz_manifest_remove(s, "bed", 0, &err), VZ_NOTFOUND, "'bed'");
	for (unsigned i = 3; i <= 9; i++)
		must(vz_manifest_remove(s, "deb", i, &err));
	check_versions(s, "deb", "1 2 10 11 current 11");
	must(vz_manifest_remove(s, "deb", 11, &err));
	check_versions(s, "deb", "1 2 10 current 10");
	must(vz_manifest_set_current(s, "deb", 1, &err));
	must(vz_manifest_remove(s, "deb", 10, &err));
	check_versions(s, "deb", "1 2 current 1");
	ck_assert_uint_eq(publish(s, "deb", "y"), 12);
	must(vz_manifest_remove(s, "deb", 0, &err));
	check_versions(s, "deb", "current 0");
	names = vz_manifest_names(s, &n, &err);
	ck_assert_uint_eq(n, 0);
	vz_names_free(names, n);
	must_fail(vz_manifest_remove(s, "deb", 0, &err), VZ_NOTFOUND, "'deb'");
	ck_assert_uint_eq(publish(s, "deb", "z"), 13);
	check_versions(s, "deb", "13 current 13");
}
END_TEST

/* What a process that died left is no version, and does not disturb. */
START_TEST(test_half)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_manifest struct vz_manifest m = {0};
	struct vz_err err = {0};
	size_t n;
	char **names;

	must(vz_make_dirs(vz_store_fd(s), "templates/empty", 0700, &err));
	names = vz_manifest_names(s, &n, &err);
	ck_assert_uint_eq(n, 0);
	vz_names_free(names, n);
	ck_assert_uint_eq(publish(s, "empty", "x"), 1);
	ck_assert_int_eq(unlinkat(vz_store_fd(s), "templates/empty/current", 0), 0);
	must_fail(vz_manifest_read(s, "empty", &m, &err), VZ_NOTFOUND, "'empty'");
	ck_assert_uint_eq(publish(s, "empty", "x"), 2);
	check_versions(s, "empty", "1 2 current 2");
}
END_TEST

START_TEST(test_damaged_files)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_manifest struct vz_manifest m = {0}, other = {0};
	auto_free char *image = NULL;
	char hex[VZ_HEX_LEN + 1];
	struct vz_err err = {0};

	publish(s, "deb", "x");
	publish(s, "deb", "x");
	must(vz_manifest_read(s, "deb", &m, &err));
	vz_digest_hex(&m.image, hex);
	image = vz_printf("images/%s.erofs", hex);
	must(vz_write_file(vz_store_fd(s), image, "no image", 8, 0600, &err));
	ck_assert_ptr_null(vz_manifest_tree(s, &m, &err));
	ck_assert_int_eq(err.code, VZ_DAMAGED);
	ck_assert_int_eq(unlinkat(vz_store_fd(s), image, 0), 0);
	ck_assert_ptr_null(vz_manifest_tree(s, &m, &err));
	ck_assert_int_eq(err.code, VZ_DAMAGED);

	must(vz_write_file(vz_store_fd(s), "templates/deb/2/lock", "another", 7, 0600, &err));
	must_fail(vz_manifest_read(s, "deb", &other, &err), VZ_DAMAGED, "'templates/deb/2/lock'");
	ck_assert_int_eq(unlinkat(vz_store_fd(s), "templates/deb/2/lock", 0), 0);
	must_fail(vz_manifest_read(s, "deb", &other, &err), VZ_DAMAGED, "templates/deb/2/lock");
	ck_assert_int_eq(renameat(vz_store_fd(s), "templates/deb/1/manifest", vz_store_fd(s), "templates/deb/2/manifest"), 0);
	must_fail(vz_manifest_read(s, "deb", &other, &err), VZ_DAMAGED, "is the manifest of 'deb@1'");
}
END_TEST

/* The tree file is gzip of the canonical dump, and the same each time. */
START_TEST(test_tree_file)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_free char *path = vz_printf("%s/templates/deb/1/tree", dir);
	auto_buf struct vz_buf one = {0}, two = {0};
	struct vz_err err = {0};
	char text[4096] = "";
	gzFile f;

	publish(s, "deb", "x");
	publish(s, "deb", "x");
	must(vz_read_file(vz_store_fd(s), "templates/deb/1/tree", 1 << 20, &one, &err));
	must(vz_read_file(vz_store_fd(s), "templates/deb/2/tree", 1 << 20, &two, &err));
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.data, two.data, one.len);
	f = gzopen(path, "rb");
	ck_assert_int_gt(gzread(f, text, sizeof text - 1), 0);
	gzclose(f);
	ck_assert_ptr_nonnull(strstr(text, "\n/file 1 100644 1 0 0 0 0.0 - x -\n"));
}
END_TEST

UNIT_MAIN("manifest", test_json, test_damage, test_publish, test_refs, test_remove, test_half, test_damaged_files,
	  test_tree_file)
