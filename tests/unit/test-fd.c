/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/fd.h"
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

START_TEST(test_files)
{
	char dir[] = "/tmp/vz-test-fd-XXXXXX";
	struct vz_err err = {0};
	auto_buf struct vz_buf b = {0};
	auto_fd int fd = -1;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	must(fd = vz_open_dir(AT_FDCWD, dir, &err));
	must(vz_make_dirs(fd, "a/b/c", 0700, &err));
	must(vz_make_dirs(fd, "a/b/c", 0700, &err));
	must(vz_write_file(fd, "a/b/f", "hello", 5, 0600, &err));
	must(vz_write_file(fd, "a/b/f", "again", 5, 0600, &err));
	must(vz_read_file(fd, "a/b/f", 5, &b, &err));
	ck_assert_str_eq(b.data, "again");
	must_fail(vz_read_file(fd, "a/b/f", 4, &b, &err), VZ_FAILED, "limit");
	must_fail(vz_read_file(fd, "a/x", 4, &b, &err), VZ_NOTFOUND, "a/x");
	ck_assert_int_eq(symlinkat("/etc", fd, "a/link"), 0);
	must(vz_remove_tree(fd, "a", &err));
	ck_assert_int_eq(faccessat(fd, "a", F_OK, 0), -1);
	must(vz_remove_tree(fd, "a", &err));
	must(vz_remove_tree(AT_FDCWD, dir, &err));
	ck_assert_int_eq(access("/etc", F_OK), 0);
}
END_TEST

/* A tenant can nest directories without end. */
START_TEST(test_remove_deep)
{
	char dir[] = "/tmp/vz-test-fd-XXXXXX";
	struct rlimit few = { 128, 128 };
	struct vz_err err = {0};

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(mkdir("d", 0755) | mkdir(".moved-0", 0700), 0);
		ck_assert_int_eq(chdir("d"), 0);
	}
	ck_assert_int_eq(chdir("/") | setrlimit(RLIMIT_NOFILE, &few), 0);
	must(vz_remove_tree(AT_FDCWD, dir, &err));
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

START_TEST(test_locks)
{
	char name[] = "/tmp/vz-test-lock-XXXXXX";
	struct vz_err err = {0};
	auto_fd int a = mkstemp(name), b = open(name, O_RDWR);

	must(vz_lock_fd(a, VZ_LOCK_SHARED, true, "it", &err));
	must(vz_lock_fd(b, VZ_LOCK_SHARED, false, "it", &err));
	must_fail(vz_lock_fd(b, VZ_LOCK_EXCLUSIVE, false, "it", &err), VZ_BUSY, "it is in use");
	close(b);
	unlink(name);
}
END_TEST

UNIT_MAIN("fd", test_files, test_remove_deep, test_locks)
