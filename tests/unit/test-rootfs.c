/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "share/archive.h"
#include "share/rootfs.h"
#include "store/image.h"
#include "store/object.h"
#include "tests/unit/archive.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

struct fixture {
	char *dir, *root;
	struct vz_store *store;
	struct vz_tree *tree;
};

static struct fixture setup(void)
{
	struct fixture f = { .dir = scratch_new(), .tree = vz_tree_new() };
	struct vz_err err = {0};

	f.root = vz_printf("%s/store", f.dir);
	f.store = vz_store_open(f.root, VZ_STORE_CHANGE, &err);
	ck_assert_msg(f.store, "%s", err.msg);
	return f;
}

static void teardown(struct fixture *f)
{
	vz_tree_free(f->tree);
	vz_store_close(f->store);
	scratch_free(&f->dir);
	free(f->root);
}

/* Adds the bytes as a layer; with `spoil` one of their digests is another. */
enum spoil { NOTHING, BLOB, CONTENT };
static int add_bytes(struct fixture *f, const void *data, size_t len, enum vz_packing packing, enum spoil spoil,
		     struct vz_err *err)
{
	auto_fd int fd = memfd_create("layer", MFD_CLOEXEC);
	auto_blob_writer struct vz_blob_writer *w = NULL;
	struct vz_rootfs_layer l = { .fd = fd, .offset = 7 };
	struct vz_blob blob;
	uint64_t new_bytes = 0;

	ck_assert_int_eq(write(fd, "before.", 7), 7);
	w = vz_blob_writer_new(fd, packing, VZ_PACK_NARROW);
	if (vz_blob_writer_add(w, data, len, err) < 0 || vz_blob_writer_end(w, &blob, err) < 0)
		ck_abort_msg("%s", err->msg);
	ck_assert_int_eq(write(fd, "behind", 6), 6);
	l.size = blob.size;
	l.digest = blob.digest;
	l.diff_id = blob.content_digest;
	if (spoil)
		(spoil == BLOB ? blob.digest : blob.content_digest)[0] ^= 1;
	return vz_rootfs_add(f->store, f->tree, &l, &new_bytes, err);
}
static int add_items(struct fixture *f, const struct item *items, struct vz_err *err)
{
	auto_buf struct vz_buf tar = {0};

	for (; items->name; items++)
		tar_add(&tar, items);
	tar_end(&tar);
	return add_bytes(f, tar.data, tar.len, VZ_PACKING_GZIP, NOTHING, err);
}

START_TEST(test_layers)
{
	static const struct item base[] = {
		{ .type = '5', .name = "./", .mode = 0700 }, { .type = '5', .name = "etc/", .mode = 0711 }, { .name = "etc/a", .data = "old" },
		{ .name = "etc/b", .data = "b" }, { .type = '5', .name = "opt/" }, { .name = "opt/x", .data = "x" },
		{ .name = "opt/y", .data = "y" }, { .type = '2', .name = "bin", .link = "usr/bin" }, { .name = "usr/bin/sh", .data = "sh" }, { 0 },
	};
	static const struct item second[] = {
		{ .name = "etc/a", .data = "new" }, { .name = "etc/.wh.b" }, { .name = "opt/.wh..wh..opq" }, { .name = "opt/z", .data = "z" },
		{ .type = '1', .name = "sh", .link = "/usr/bin/sh" }, { .name = ".wh..wh.plnk" }, { .name = ".wh.nothing" },
		{ .name = "new/c", .data = "c" }, { .name = "absent/.wh.x" }, { 0 },
	};
	static const struct item third[] = {
		{ .name = ".wh.opt" }, { .name = "usr/.wh.bin" }, { .type = '5', .name = "usr/bin" }, { .name = "usr/bin/ls", .data = "ls" }, { 0 },
	};
	struct fixture f = setup();
	struct vz_err err = {0};

	must(add_items(&f, base, &err));
	trees_equal(f.tree, "l /bin usr/bin\nd /etc\nf /etc/a old\nf /etc/b b\nd /opt\nf /opt/x x\nf /opt/y y\nd /usr\nd /usr/bin\nf /usr/bin/sh sh\n");
	ck_assert_uint_eq(f.tree->root->mode, S_IFDIR | 0700);
	must(add_items(&f, second, &err));
	trees_equal(f.tree, "l /bin usr/bin\nd /etc\nf /etc/a new\nd /new\nf /new/c c\nd /opt\nf /opt/z z\nf /sh sh\nd /usr\nd /usr/bin\nf /usr/bin/sh sh\n");
	/* no entry of the layer is for these */
	ck_assert_uint_eq(f.tree->root->mode, S_IFDIR | 0700);
	ck_assert_uint_eq(vz_tree_find(f.tree, "/etc")->mode, S_IFDIR | 0711);
	must(add_items(&f, third, &err));
	trees_equal(f.tree, "l /bin usr/bin\nd /etc\nf /etc/a new\nd /new\nf /new/c c\nf /sh sh\nd /usr\nd /usr/bin\nf /usr/bin/ls ls\n");
	teardown(&f);
}
END_TEST

/* What our own writer says comes back, bit for bit as an image. */
START_TEST(test_round_trip)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = trees_read("d /dir\nf /a hello~\nf /empty \nh /b /a\nl /link ../a\nc /null 259\nf /q \nh /r /q\n");
	char long_name[201] = "", long_target[301] = "", *data = vz_alloc(300000);
	auto_buf struct vz_buf want = {0}, got = {0};
	struct vz_err err = {0};
	struct vz_digest d;
	struct vz_node *n;

	memset(long_name, 'n', 200);
	memset(long_target, 't', 300);
	t->root->mtime = 1700000000;
	n = vz_node_add(t->root, long_name, S_IFLNK | 0777);
	vz_node_set_symlink(n, long_target);
	n = vz_node_add(vz_node_add(vz_tree_find(t, "/dir"), long_name + 100, S_IFDIR | 01777), "\xff\x01 =%", S_IFREG | 04755);
	n->uid = 3000000;
	n->gid = 4000000000;
	n->mtime = -5;
	n->mtime_nsec = 250000000;
	must(vz_object_put(f.store, data, 300000, &d, NULL, &err));
	free(data);
	vz_node_set_object(n, &d, 300000);
	vz_node_set_xattr(n, "security.capability", "\1\0\0\2\0", 5);
	vz_node_set_xattr(n, "user.a=b%25", "\n", 1);
	vz_node_set_xattr(vz_tree_find(t, "/dir"), "user.empty", "", 0);
	n = vz_node_add(t->root, "pipe", S_IFIFO | 0600);
	n->mtime = INT64_C(1) << 40;
	n = vz_node_add(t->root, "disk", S_IFBLK | 0660);
	n->rdev = (uint32_t)makedev(259, 1000000);
	vz_tree_count_links(t);
	must(vz_image_write(t, NULL, &want, &err));
	for (int packing = VZ_PACKING_NONE; packing <= VZ_PACKING_ZSTD; packing++) {
		auto_fd int fd = memfd_create("layer", MFD_CLOEXEC);
		auto_blob_writer struct vz_blob_writer *w = vz_blob_writer_new(fd, (enum vz_packing)packing, VZ_PACK_WIDE);
		auto_tree struct vz_tree *back = vz_tree_new();
		struct vz_rootfs_layer l = { .fd = fd };
		struct vz_blob blob;
		uint64_t new_bytes = 0;

		must(vz_archive_write(f.store, t, VZ_ARCHIVE_LAYER, w, &err));
		must(vz_blob_writer_end(w, &blob, &err));
		l.size = blob.size;
		l.digest = blob.digest;
		l.diff_id = blob.content_digest;
		must(vz_rootfs_add(f.store, back, &l, &new_bytes, &err));
		ck_assert_uint_eq(new_bytes, 0);
		vz_buf_clear(&got);
		must(vz_image_write(back, NULL, &got, &err));
		ck_assert_uint_eq(got.len, want.len);
		ck_assert_int_eq(memcmp(got.data, want.data, got.len), 0);
	}
	teardown(&f);
}
END_TEST

static const struct {
	struct item items[4];
	enum vz_code code;
	const char *text;
} bad[] = {
	{ { { .name = "../etc/passwd", .data = "x" } }, VZ_FAILED, "not a sane path" },
	{ { { .name = "a/../../b", .data = "x" } }, VZ_FAILED, "not a sane path" },
	{ { { .name = "a/../.wh.b" } }, VZ_UNTRUSTED, "not a sane path" },
	{ { { .name = "a/.wh." } }, VZ_UNTRUSTED, "deletes nothing that could be" },
	{ { { .name = "a/.wh..." } }, VZ_UNTRUSTED, "deletes nothing that could be" },
	{ { { .type = '2', .name = "d", .link = "/etc" }, { .name = "d/passwd", .data = "x" } }, VZ_FAILED, "is not a directory in the same archive" },
	{ { { .name = "a", .data = "x" }, { .name = "a", .data = "y" } }, VZ_FAILED, "is there twice" },
	{ { { .type = '3', .name = "a" } }, VZ_FAILED, "a device 0:0" },
	{ { { .type = '3', .name = "a", .major = 5000, .minor = 1 } }, VZ_FAILED, "out of range" },
	{ { { .type = '1', .name = "a", .link = "/etc/shadow" } }, VZ_FAILED, "a hard link to '/etc/shadow'" },
	{ { { .type = '1', .name = "a", .link = "../../etc/shadow" } }, VZ_FAILED, "a hard link to" },
	{ { { .type = '5', .name = "d" }, { .type = '1', .name = "a", .link = "d" } }, VZ_FAILED, "a hard link to 'd'" },
	{ { { .name = ".", .data = "x" } }, VZ_FAILED, "the root is not a directory" },
	{ { { .type = 'x', .name = "P", .data = "41 SCHILY.xattr.trusted.overlay.opaque=y\n" }, { .type = '5', .name = "d" } },
	  VZ_UNTRUSTED, "'d' has the attribute 'trusted.overlay.opaque', which is forged" },
	{ { { .type = 'x', .name = "P", .data = "41 SCHILY.xattr.user.overlay.redirect=/x\n" }, { .name = "f" } },
	  VZ_UNTRUSTED, "'user.overlay.redirect', which is forged" },
};

START_TEST(test_bad)
{
	struct fixture f = setup();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct vz_err err = {0};

		must_fail(add_items(&f, bad[i].items, &err), bad[i].code, bad[i].text);
		trees_equal(f.tree, "");
	}
	teardown(&f);
}
END_TEST

START_TEST(test_wrong_digests)
{
	struct fixture f = setup();
	auto_buf struct vz_buf tar = {0};
	struct vz_err err = {0};

	tar_add(&tar, &(struct item){ .name = "x", .data = "hello" });
	tar_end(&tar);
	must_fail(add_bytes(&f, tar.data, tar.len, VZ_PACKING_ZSTD, BLOB, &err), VZ_UNTRUSTED, "does not have that digest");
	must_fail(add_bytes(&f, tar.data, tar.len, VZ_PACKING_ZSTD, CONTENT, &err), VZ_UNTRUSTED, "digest that the image names");
	must_fail(add_bytes(&f, "not a tar", 9, VZ_PACKING_NONE, NOTHING, &err), VZ_FAILED, "without an end mark");
	must_fail(add_bytes(&f, "\x1f\x8bxxxxxxxxxxxxxxx", 17, VZ_PACKING_NONE, NOTHING, &err), VZ_UNTRUSTED, "damaged compressed data");
	trees_equal(f.tree, "");
	must(add_bytes(&f, tar.data, tar.len, VZ_PACKING_ZSTD, NOTHING, &err));
	trees_equal(f.tree, "f /x hello\n");
	teardown(&f);
}
END_TEST

/* 300 MiB of one byte in a few hundred kilobytes. */
START_TEST(test_bomb)
{
	struct fixture f = setup();
	auto_buf struct vz_buf tar = {0};
	struct vz_err err = {0};

	tar_add(&tar, &(struct item){ .name = "x", .size = "02260000000" });
	vz_buf_zero(&tar, 300 << 20);
	tar_end(&tar);
	must_fail(add_bytes(&f, tar.data, tar.len, VZ_PACKING_ZSTD, NOTHING, &err), VZ_FAILED, "unpacks to more than");
	teardown(&f);
}
END_TEST

UNIT_MAIN("rootfs", test_layers, test_round_trip, test_bad, test_wrong_digests, test_bomb)
