/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes made through a real overlayfs: the lower tree with the upper captured
 * must be what reading the merged view gives.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/capture.h"
#include "store/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

static struct vz_store *store;

static void write_at(int dir, const char *path, const char *text, size_t repeat)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_ge(fd, 0);
	while (repeat--)
		ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int dir_at(int dir, const char *name)
{
	int fd;

	ck_assert(mkdirat(dir, name, 0755) == 0);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct vz_tree *capture_onto(struct vz_tree *t, int fd, int64_t date)
{
	struct vz_capture c = { .store = store, .upper_fd = fd, .date = date };
	struct vz_err err;

	must(vz_capture(&c, t, &err));
	return t;
}

static int same_node(struct vz_node *n, void *ctx)
{
	struct vz_tree *other = ctx;
	char *path = vz_node_path(n);
	struct vz_node *o = vz_tree_find(other, path);

	ck_assert_msg(o, "'%s' is missing", path);
	ck_assert_msg(vz_node_same(n, o, true), "'%s' differs", path);
	ck_assert_msg(!n->link == !o->link, "'%s' is a link on one side", path);
	free(path);
	return 0;
}

static void fill_lower(int fd)
{
	write_at(fd, "small", "text\n", 1);
	write_at(fd, "large", "a line of a large file\n", 1000);
	write_at(fd, "gone", "x", 100);
	ck_assert(mkdirat(fd, "dir", 0750) == 0 && mkdirat(fd, "dir/deep", 0755) == 0 && mkdirat(fd, "old", 0755) == 0);
	write_at(fd, "dir/moved", "this one moves as metadata\n", 500);
	write_at(fd, "dir/deep/leaf", "leaf\n", 50);
	write_at(fd, "old/file", "under an opaque directory\n", 9);
	ck_assert(linkat(fd, "large", fd, "dir/name", 0) == 0);
	ck_assert(symlinkat("large", fd, "link") == 0);
}

/* Through the overlay, in the words of a shell. */
static void change(int fd)
{
	ck_assert(fchmodat(fd, "large", 04755, 0) == 0);
	ck_assert(renameat(fd, "dir/moved", fd, "dir/deep/was-moved") == 0);
	ck_assert(renameat(fd, "dir", fd, "renamed") == 0);
	ck_assert(renameat(fd, "renamed/deep", fd, "deep") == 0);
	write_at(fd, "deep/leaf", "changed\n", 100);
	ck_assert(unlinkat(fd, "gone", 0) == 0 && unlinkat(fd, "link", 0) == 0);
	ck_assert(unlinkat(fd, "old/file", 0) == 0 && unlinkat(fd, "old", AT_REMOVEDIR) == 0);
	ck_assert(mkdirat(fd, "old", 0700) == 0);
	write_at(fd, "old/new", "new\n", 1);
	ck_assert(linkat(fd, "old/new", fd, "old/again", 0) == 0);
	ck_assert(mkfifoat(fd, "fifo", 0600) == 0 && mknodat(fd, "null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	ck_assert(symlinkat("a target of more than nothing", fd, "link") == 0);
	ck_assert(fchownat(fd, "small", 7, 8, 0) == 0);
}

static void mount_overlay(const char *dir)
{
	char options[512];

	snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work,metacopy=on,redirect_dir=on",
		 dir, dir, dir);
	ck_assert_msg(mount("overlay", "merged", "overlay", 0, options) == 0, "mount: %s", strerror(errno));
}

START_TEST(test_overlay)
{
	auto_scratch char *dir = scratch_new();
	int top = open(dir, O_RDONLY | O_DIRECTORY), lower, upper, merged;
	struct vz_tree *t, *expected;
	struct vz_err err;

	store = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	ck_assert_msg(store, "%s", err.msg);
	lower = dir_at(top, "lower");
	upper = dir_at(top, "upper");
	close(dir_at(top, "work"));
	close(dir_at(top, "merged"));
	fill_lower(lower);
	ck_assert(fchdir(top) == 0);
	mount_overlay(dir);
	merged = openat(top, "merged", O_RDONLY | O_DIRECTORY);
	change(merged);
	t = capture_onto(capture_onto(vz_tree_new(), lower, INT64_MAX), upper, INT64_MAX);
	expected = capture_onto(vz_tree_new(), merged, INT64_MAX);
	vz_tree_count_links(t);
	vz_tree_count_links(expected);
	vz_node_walk(expected->root, same_node, t);
	vz_node_walk(t->root, same_node, expected);
	ck_assert_ptr_nonnull(vz_tree_find(t, "/deep/was-moved"));
	ck_assert_uint_eq(vz_tree_find(t, "/null")->rdev, 0x103);
	vz_tree_free(t);
	vz_tree_free(expected);
	close(merged);
	umount2("merged", MNT_DETACH);
	close(upper);
	close(lower);
	vz_store_close(store);
	close(top);
}
END_TEST

START_TEST(test_details)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "upper/socket" };
	auto_scratch char *dir = scratch_new();
	int top = open(dir, O_RDONLY | O_DIRECTORY), upper, s = socket(AF_UNIX, SOCK_STREAM, 0);
	const struct timespec early[2] = { { 5, 5 }, { 5, 5 } };
	struct vz_tree *t;
	struct vz_err err;

	store = vz_store_open(dir, VZ_STORE_CHANGE, &err);
	ck_assert_msg(store, "%s", err.msg);
	upper = dir_at(top, "upper");
	ck_assert(fchdir(top) == 0 && bind(s, (struct sockaddr *)&address, sizeof address) == 0);
	write_at(upper, "now", "x", 64);
	write_at(upper, "early", "x", 65);
	ck_assert(setxattr("upper/now", "user.overlay.redirect", "/x", 2, 0) == 0 || errno == EOPNOTSUPP);
	ck_assert(setxattr("upper/now", "trusted.overlay.origin", "x", 1, 0) == 0);
	ck_assert(setxattr("upper/now", "trusted.kept", "x", 1, 0) == 0);
	ck_assert(utimensat(upper, "early", early, 0) == 0);
	t = capture_onto(vz_tree_new(), upper, 1000);
	ck_assert_uint_eq(t->root->n_children, 2);
	ck_assert_int_eq(vz_tree_find(t, "/now")->mtime, 1000);
	ck_assert_uint_eq(vz_tree_find(t, "/now")->mtime_nsec, 0);
	ck_assert(!vz_tree_find(t, "/now")->has_digest && vz_tree_find(t, "/early")->has_digest);
	ck_assert_int_eq(vz_tree_find(t, "/early")->mtime, 5);
	ck_assert_uint_eq(vz_tree_find(t, "/early")->mtime_nsec, 5);
	ck_assert_uint_eq(vz_tree_find(t, "/now")->n_xattrs, 1);
	vz_tree_free(t);
	close(s);
	close(upper);
	vz_store_close(store);
	close(top);
}
END_TEST

START_TEST(test_too_deep)
{
	auto_scratch char *dir = scratch_new();
	auto_tree struct vz_tree *t = vz_tree_new();
	int top = open(dir, O_RDONLY | O_DIRECTORY), fd = dup(top);
	struct vz_capture c = { .upper_fd = top, .date = 1000 };
	struct vz_err err;

	for (int i = 0; i < 600; i++) {
		int below = dir_at(fd, "d");

		close(fd);
		fd = below;
	}
	close(fd);
	must_fail(vz_capture(&c, t, &err), VZ_FAILED, "nested deeper than 512");
	close(top);
}
END_TEST

/* Mounts of the tests are seen by nobody else. */
__attribute__((constructor)) static void need_mounts(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	puts("needs root and a mount namespace");
	exit(getenv("VZ_MUST_WORK") ? EXIT_FAILURE : 77);
}

UNIT_MAIN("capture", test_overlay, test_details, test_too_deep)
