/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "link/copy.h"
#include "tests/unit/root.h"

static void write_at(int dir, const char *name, const char *text, off_t at)
{
	auto_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
}

static struct stat look(int dir, const char *name)
{
	struct stat st;

	ck_assert_msg(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0, "%s", name);
	return st;
}

/* What a private area can have. */
static int make_area(const char *dir)
{
	auto_free char *path = vz_printf("%s/from", dir);
	const struct timespec times[2] = { { 7, 8 }, { 1600000000, 25 } };
	struct vz_err err = {0};
	int fd;

	ck_assert_int_eq(mkdir(path, 0750), 0);
	fd = vz_open_dir(AT_FDCWD, path, &err);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
	write_at(fd, "d/file", "text", 0);
	ck_assert_int_eq(fchownat(fd, "d/file", 7, 8, 0) | fchmodat(fd, "d/file", 04751, 0), 0);
	ck_assert_int_eq(linkat(fd, "d/file", fd, "other", 0), 0);
	ck_assert_int_eq(utimensat(fd, "d/file", times, 0), 0);
	write_at(fd, "sparse", "end", 10 << 20);
	ck_assert_int_eq(symlinkat("/nowhere", fd, "link"), 0);
	ck_assert_int_eq(mknodat(fd, "whiteout", S_IFCHR, makedev(0, 0)), 0);
	ck_assert_int_eq(mknodat(fd, "fifo", S_IFIFO | 0640, 0), 0);
	ck_assert_int_eq(mknodat(fd, "socket", S_IFSOCK | 0640, 0), 0);
	ck_assert_int_eq(fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0), 0);
	ck_assert_int_eq(fsetxattr(fd, "trusted.overlay.origin", "x", 1, 0), 0);
	return fd;
}

START_TEST(test_same)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int from = make_area(dir), top = open(dir, O_PATH | O_CLOEXEC), to = -1;
	struct vz_err err = {0};
	char value[8];
	struct stat st;

	must(vz_copy_dir(from, top, "to", &err));
	to = vz_open_dir(top, "to", &err);
	ck_assert_int_eq((int)(look(top, "to").st_mode & 07777), 0750);
	st = look(to, "d/file");
	ck_assert_int_eq((int)(st.st_mode & 07777), 04751);
	ck_assert(st.st_uid == 7 && st.st_gid == 8 && st.st_size == 4 && st.st_nlink == 2);
	ck_assert(st.st_mtim.tv_sec == 1600000000 && st.st_mtim.tv_nsec == 25);
	ck_assert(look(to, "other").st_ino == st.st_ino && look(from, "other").st_ino != st.st_ino);
	st = look(to, "sparse");
	ck_assert(st.st_size == (10 << 20) + 3 && st.st_blocks * 512 < 1 << 20);
	ck_assert(S_ISLNK(look(to, "link").st_mode) && S_ISFIFO(look(to, "fifo").st_mode));
	st = look(to, "whiteout");
	ck_assert(S_ISCHR(st.st_mode) && !st.st_rdev);
	ck_assert_int_eq(faccessat(to, "socket", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	ck_assert_int_eq((int)fgetxattr(to, "trusted.overlay.opaque", value, sizeof value), 1);
	ck_assert_int_eq((int)fgetxattr(to, "trusted.overlay.origin", value, sizeof value), -1);
}
END_TEST

START_TEST(test_there)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int from = make_area(dir), top = open(dir, O_PATH | O_CLOEXEC);
	struct vz_err err = {0};

	must_fail(vz_copy_dir(from, top, "from", &err), VZ_FAILED, "make directory 'from'");
}
END_TEST

UNIT_MAIN("copy", test_same, test_there)
