/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "link/upper_file.h"

static struct vz_node *add(struct vz_upper_plan *p, enum vz_upper_kind kind, uint32_t mode)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *n = vz_node_add(t->root, "x", mode);

	n->uid = 5;
	n->gid = 6;
	n->mtime = 1000;
	n->mtime_nsec = 7;
	return vz_upper_add(p, kind, VZ_UPPER_MERGED, "/x", n)->node;
}

static void make(const struct root *r, int dir, struct vz_upper_plan *p)
{
	struct vz_err err = {0};

	unlinkat(dir, "x", 0);
	unlinkat(dir, "x", AT_REMOVEDIR);
	must(vz_upper_make(r->store, dir, "x", &p->changes[p->n - 1], &err));
}

static void check(int dir, mode_t mode, const char *content)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};
	struct stat st;

	ck_assert_int_eq(fstatat(dir, "x", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(st.st_mode, mode);
	ck_assert_uint_eq(st.st_uid, 5);
	ck_assert_uint_eq(st.st_gid, 6);
	ck_assert_int_eq(st.st_mtim.tv_sec, 1000);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 7);
	if (!content)
		return;
	must(vz_read_file(dir, "x", 4096, &text, &err));
	ck_assert_str_eq(text.data ? text.data : "", content);
}

START_TEST(test_make)
{
	static const unsigned char capability[] = { 1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	auto_root struct root r = root_new();
	auto_upper_plan struct vz_upper_plan p = {0};
	auto_fd int dir = root_dir(&r, "d");
	struct vz_err err = {0};
	struct vz_node *n;
	char value[64];
	struct stat st;

	n = add(&p, VZ_UPPER_PUT, S_IFREG | 04751);
	vz_node_set_content(n, "text", 4);
	vz_node_set_xattr(n, "user.x", "y", 1);
	vz_node_set_xattr(n, "security.capability", capability, sizeof capability);
	vz_node_set_xattr(n, "trusted.overlay.redirect", "/etc/shadow", 11);
	vz_node_set_xattr(n, "user.overlay.opaque", "y", 1);
	make(&r, dir, &p);
	check(dir, S_IFREG | 04751, "text");
	{
		auto_fd int fd = vz_open(dir, "x", O_RDONLY, 0, &err);

		ck_assert_int_eq(fgetxattr(fd, "user.x", value, sizeof value), 1);
		ck_assert_int_eq(fgetxattr(fd, "security.capability", value, sizeof value), sizeof capability);
		ck_assert_int_lt(fgetxattr(fd, "trusted.overlay.redirect", value, sizeof value), 0);
		ck_assert_int_lt(fgetxattr(fd, "user.overlay.opaque", value, sizeof value), 0);
	}
	vz_node_set_object(add(&p, VZ_UPPER_PUT, S_IFREG | 0600), &r.big, strlen(BIG));
	make(&r, dir, &p);
	check(dir, S_IFREG | 0600, BIG);
	root_check_objects(&r);
	add(&p, VZ_UPPER_PUT, S_IFREG | 0644);
	make(&r, dir, &p);
	check(dir, S_IFREG | 0644, "");
	n = add(&p, VZ_UPPER_PUT, S_IFLNK | 0777);
	vz_node_set_symlink(n, "/nowhere");
	vz_node_set_xattr(n, "trusted.x", "y", 1);
	make(&r, dir, &p);
	check(dir, S_IFLNK | 0777, NULL);
	n = add(&p, VZ_UPPER_DIR, S_IFDIR | 02750);
	make(&r, dir, &p);
	check(dir, S_IFDIR | 02750, NULL);
	vz_upper_add(&p, VZ_UPPER_HIDE, VZ_UPPER_MERGED, "/x", NULL);
	make(&r, dir, &p);
	ck_assert_int_eq(fstatat(dir, "x", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0));

	add(&p, VZ_UPPER_PUT, S_IFIFO | 0600);
	must_fail(vz_upper_make(r.store, dir, "y", &p.changes[p.n - 1], &err), VZ_FAILED, "'/x': a file of this type");
	add(&p, VZ_UPPER_PUT, S_IFDIR | 0600);
	must_fail(vz_upper_make(r.store, dir, "y", &p.changes[p.n - 1], &err), VZ_FAILED, "'/x': a file of this type");
	n = add(&p, VZ_UPPER_PUT, S_IFREG | 0600);
	vz_node_set_object(n, &(struct vz_digest){{1}}, 100);
	must_fail(vz_upper_make(r.store, dir, "y", &p.changes[p.n - 1], &err), VZ_DAMAGED, "'/x'");
}
END_TEST

static bool is_same(int dir, const struct vz_upper_mark *mark)
{
	struct vz_err err = {0};
	bool same;

	must(vz_upper_is(dir, "x", mark, &same, &err));
	return same;
}

#define AFTER(call, want) \
	do { \
		ck_assert_int_eq(call, 0); \
		ck_assert_int_eq(is_same(dir, &mark), want); \
	} while (0)

/* Each thing that a tenant can change makes another file of it. */
START_TEST(test_mark)
{
	auto_root struct root r = root_new();
	auto_upper_plan struct vz_upper_plan p = {0};
	auto_fd int dir = root_dir(&r, "d"), fd = -1;
	const struct timespec old[] = { { 0, UTIME_OMIT }, { 1000, 7 } }, new[] = { { 0, UTIME_OMIT }, { 1000, 8 } };
	struct vz_upper_mark mark;
	struct vz_err err = {0};

	must(vz_upper_mark(dir, "x", &mark, &err));
	ck_assert(!mark.there && is_same(dir, &mark));
	vz_node_set_content(add(&p, VZ_UPPER_PUT, S_IFREG | 0644), "text", 4);
	make(&r, dir, &p);
	ck_assert(!is_same(dir, &mark));
	must(vz_upper_mark(dir, "/x", &mark, &err));
	ck_assert_uint_eq(mark.size, 4);
	AFTER(fchmodat(dir, "x", 0600, 0), false);
	AFTER(fchmodat(dir, "x", 0644, 0), true);
	AFTER(fchownat(dir, "x", 7, 6, 0), false);
	AFTER(fchownat(dir, "x", 5, 6, 0), true);
	AFTER(utimensat(dir, "x", new, 0), false);
	AFTER(utimensat(dir, "x", old, 0), true);
	must(fd = vz_open(dir, "x", O_WRONLY, 0, &err));
	AFTER(fsetxattr(fd, "user.a", "", 0, 0), false);
	AFTER(fremovexattr(fd, "user.a"), true);
	AFTER(fsetxattr(fd, "trusted.overlay.impure", "y", 1, 0), true);
	ck_assert_int_eq(pwrite(fd, "T", 1, 0), 1);
	AFTER(utimensat(dir, "x", old, 0), false);
	ck_assert_int_eq(pwrite(fd, "t", 1, 0), 1);
	AFTER(utimensat(dir, "x", old, 0), true);
	ck_assert_int_eq(pwrite(fd, "more", 4, 4), 4);
	AFTER(utimensat(dir, "x", old, 0), false);
	AFTER(unlinkat(dir, "x", 0), false);
	/* nothing waits for a writer, nothing is read through a link */
	AFTER(mkfifoat(dir, "x", 0644), false);
	ck_assert_int_eq(unlinkat(dir, "x", 0), 0);
	AFTER(symlinkat("/etc/passwd", dir, "x"), false);
}
END_TEST

UNIT_MAIN("upper-file", test_make, test_mark)
