/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/vectors.h"

#include "base/digest.h"

static void check_vector(const struct vector *v)
{
	auto_tree struct vz_tree *t = vector_tree(v->file);
	auto_buf struct vz_buf image = {0};
	struct vz_digest d;
	char hex[VZ_HEX_LEN + 1];

	vector_image(v, t, &image);
	ck_assert_msg(image.len == v->size, "%s: %zu bytes", v->file, image.len);
	ck_assert_msg((uint8_t)image.data[12] == v->version, "%s: version %d", v->file, image.data[12]);
	vz_sha256(image.data, image.len, &d);
	vz_digest_hex(&d, hex);
	ck_assert_msg(strcmp(hex, v->sha256) == 0, "%s: sha256 %s", v->file, hex);
	vz_verity_bytes(image.data, image.len, &d);
	vz_digest_hex(&d, hex);
	ck_assert_msg(strcmp(hex, v->verity) == 0, "%s: fs-verity %s", v->file, hex);
}

START_TEST(test_vectors)
{
	ck_assert_uint_ge(vectors_each(check_vector), 39);
}
END_TEST

/* a tree as builders make it gives the image of its dump */
START_TEST(test_built)
{
	auto_tree struct vz_tree *t = vz_tree_new(), *u = NULL;
	auto_buf struct vz_buf a = {0}, b = {0}, text = {0};
	struct vz_node *z, *link;
	struct vz_err err;

	z = vz_node_add(vz_tree_make_dirs(t, "/usr/bin", 0755, 3), "z", S_IFREG | 04755);
	vz_node_set_object(z, &(struct vz_digest){ { 0x12, 0x34 } }, 12345);
	vz_node_set_xattr(z, "security.capability", "\1\0\0\2", 4);
	link = vz_node_add(vz_tree_find(t, "/usr/bin"), "a", S_IFREG);
	vz_node_set_link(link, z);
	vz_node_set_symlink(vz_node_add(t->root, "bin", S_IFLNK | 0777), "usr/bin");
	vz_tree_count_links(t);
	must(vz_image_write(t, NULL, &a, &err));
	vz_dump_write(t, &text);
	u = vz_dump_read(text.data, text.len, &err);
	ck_assert_msg(u != NULL, "%s", err.msg);
	must(vz_image_write(u, NULL, &b, &err));
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
}
END_TEST

/* the image stands behind what the buffer holds */
START_TEST(test_appends)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_buf struct vz_buf image = {0};
	struct vz_err err;

	vz_buf_puts(&image, "before");
	must(vz_image_write(t, NULL, &image, &err));
	ck_assert_uint_eq(image.len, 6 + 16384);
	ck_assert_mem_eq(image.data, "before\x9a\x62\x78\xd0", 10);
}
END_TEST

static void check_refused(struct vz_node *n, const char *why)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_buf struct vz_buf image = {0};
	struct vz_node *copy = vz_node_add(t->root, "n", 0);
	struct vz_err err;

	vz_node_copy_inode(copy, n);
	must_fail(vz_image_write(t, NULL, &image, &err), VZ_FAILED, why);
	ck_assert_msg(strncmp(err.msg, "'/n': ", 6) == 0, "%s", err.msg);
	ck_assert_uint_eq(image.len, 0);
}

START_TEST(test_refused)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *n = vz_node_add(t->root, "n", S_IFREG | 0644);
	char big[32768] = "";

	memset(big, 'x', sizeof big - 1);
	n->size = VZ_IMAGE_FILE_MAX + 1;
	check_refused(n, "2^53");
	n->mode = 0644;
	check_refused(n, "file type");
	n->mode = S_IFLNK | 0777;
	check_refused(n, "symbolic link");
	vz_node_set_symlink(n, big);
	check_refused(n, "symbolic link");
	vz_node_set_symlink(n, "x");
	vz_node_set_xattr(n, "user.x", big, 32767);
	check_refused(n, "too large");
	vz_node_remove_xattr(n, "user.x");
	vz_node_set_xattr(n, big, "", 0);
	check_refused(n, "1 to 255");
}
END_TEST

START_TEST(test_versions)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_buf struct vz_buf image = {0};
	struct vz_image_options o = { .min_version = 2 };
	struct vz_err err;

	must_fail(vz_image_write(t, &o, &image, &err), VZ_USAGE, "version 2");
	o = (struct vz_image_options){0};
	vz_node_add(t->root, "gone", S_IFCHR);
	must(vz_image_write(t, &o, &image, &err));
	ck_assert_int_eq(image.data[12], 1);
}
END_TEST

UNIT_MAIN("image", test_vectors, test_built, test_appends, test_refused, test_versions)
