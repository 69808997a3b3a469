/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "share/archive.h"
#include "store/object.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

static int archive(const struct vz_store *s, struct vz_tree *t, enum vz_archive_kind kind, struct vz_blob *ret,
		   struct vz_buf *bytes, struct vz_err *err)
{
	auto_fd int fd = memfd_create("tar", MFD_CLOEXEC);
	auto_blob_writer struct vz_blob_writer *w = vz_blob_writer_new(fd, VZ_PACKING_NONE, VZ_PACK_NARROW);

	vz_tree_order_links(t);
	if (vz_archive_write(s, t, kind, w, err) < 0 || vz_blob_writer_end(w, ret, err) < 0)
		return -1;
	ck_assert_str_eq(ret->digest, ret->content_digest);
	lseek(fd, 0, SEEK_SET);
	return bytes ? vz_read_fd(fd, 64 << 20, bytes, err) : 0;
}

/* All that makes an entry differ. */
static struct vz_tree *rich_tree(struct vz_store *s)
{
	struct vz_tree *t = trees_read("d /dir\nf /a hello~\nf /empty \nh /b /a\nl /link ../a\nc /null 259\n");
	char long_name[201] = "", long_target[301] = "", *data = vz_alloc(100000);
	struct vz_err err = {0};
	struct vz_digest d;
	struct vz_node *n;

	memset(long_name, 'n', 200);
	memset(long_target, 't', 300);
	t->root->mtime = 1700000000;
	n = vz_node_add(t->root, long_name, S_IFLNK | 0777);
	vz_node_set_symlink(n, long_target);
	n = vz_node_add(vz_node_add(vz_tree_find(t, "/dir"), long_name + 100, S_IFDIR | 01777), "f", S_IFREG | 04755);
	n->uid = 3000000;
	n->gid = 4000000000;
	n->mtime = -5;
	n->mtime_nsec = 250000000;
	must(vz_object_put(s, data, 100000, &d, NULL, &err));
	free(data);
	vz_node_set_object(n, &d, 100000);
	vz_node_set_xattr(n, "security.capability", "\1\0\0\2\0", 5);
	vz_node_set_xattr(n, "user.a=b%", "v", 1);
	vz_node_set_xattr(n, "user.overlay.opaque", "y", 1);
	vz_node_set_xattr(n, "trusted.overlay.redirect", "/x", 2);
	n = vz_node_add(t->root, "pipe", S_IFIFO | 0600);
	n->mtime = INT64_C(1) << 40;
	n = vz_node_add(t->root, "disk", S_IFBLK | 0660);
	n->rdev = (uint32_t)makedev(259, 1000000);
	return t;
}

static bool has(const struct vz_buf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

START_TEST(test_golden)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_tree struct vz_tree *t = rich_tree(s);
	auto_buf struct vz_buf bytes = {0};
	struct vz_blob blob;

	must(archive(s, t, VZ_ARCHIVE_LAYER, &blob, &bytes, &err));
	ck_assert_uint_eq(bytes.len % 512, 0);
	ck_assert(has(&bytes, "20 uid=3000000\n") || has(&bytes, "15 uid=3000000\n"));
	ck_assert(has(&bytes, "18 gid=4000000000\n"));
	ck_assert(has(&bytes, " mtime=-4.750000000\n"));
	ck_assert(has(&bytes, " SCHILY.xattr.user.a%3Db%25=v\n"));
	ck_assert(has(&bytes, " SCHILY.xattr.security.capability=\1"));
	ck_assert(!has(&bytes, "overlay"));
	ck_assert_str_eq(blob.digest, "8509d9c25d26903eff385b879b08a3acb9ca183b310b21c0b3b0f1bfa2df2be8");
}
END_TEST

static void refused(const char *tree, const char *text)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_tree struct vz_tree *t = trees_read(tree);
	struct vz_blob blob;

	if (strstr(tree, "/socket"))
		vz_tree_find(t, "/socket")->mode = S_IFSOCK | 0600;
	must_fail(archive(s, t, VZ_ARCHIVE_LAYER, &blob, NULL, &err), VZ_FAILED, text);
}

START_TEST(test_refused)
{
	refused("f /socket x\n", "'/socket': a tar archive cannot hold a socket");
	refused("d /a\nf /a/.wh.b x\n", "'/a/.wh.b': in an OCI layer");
}
END_TEST

START_TEST(test_plain_takes_any_name)
{
	auto_tree struct vz_tree *t = trees_read("f /.wh.b x\n");
	struct vz_err err = {0};
	struct vz_blob blob;

	must(archive(NULL, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err));
}
END_TEST

START_TEST(test_whiteouts)
{
	auto_tree struct vz_tree *t = trees_read("w /gone\nd /a\nw /a/gone\n");
	auto_buf struct vz_buf bytes = {0};
	struct vz_err err = {0};
	struct vz_blob blob;

	must(archive(NULL, t, VZ_ARCHIVE_LAYER, &blob, &bytes, &err));
	ck_assert_str_eq(bytes.data, "./");
	ck_assert_str_eq(bytes.data + 512, "a/");
	ck_assert_str_eq(bytes.data + 1024, "a/.wh.gone");
	ck_assert_str_eq(bytes.data + 1536, ".wh.gone");
	must_fail(archive(NULL, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err), VZ_FAILED, "'/a/gone': a device 0:0");
}
END_TEST

/* What is read is not what the name says. */
START_TEST(test_damaged_object)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir), *path = NULL;
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_tree struct vz_tree *t = trees_read("f /a x\n");
	char data[200] = "content", object[VZ_HEX_LEN + 2];
	struct vz_digest d;
	struct vz_blob blob;

	must(vz_object_put(s, data, sizeof data, &d, NULL, &err));
	vz_node_set_object(vz_tree_find(t, "/a"), &d, sizeof data);
	must(archive(s, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err));
	vz_object_path(&d, object);
	path = vz_printf("%s/objects/%s", root, object);
	data[100] = 'X';
	must(vz_write_file(AT_FDCWD, path, data, sizeof data, 0644, &err));
	must_fail(archive(s, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err), VZ_DAMAGED, "'/a': its object");
	must(vz_write_file(AT_FDCWD, path, data, 50, 0644, &err));
	must_fail(archive(s, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err), VZ_DAMAGED, "'/a': its object");
	unlink(path);
	must_fail(archive(s, t, VZ_ARCHIVE_PLAIN, &blob, NULL, &err), VZ_DAMAGED, "'/a'");
}
END_TEST

UNIT_MAIN("archive", test_golden, test_refused, test_plain_takes_any_name, test_whiteouts, test_damaged_object)
