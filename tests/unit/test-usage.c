/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/usage.h"
#include "tests/unit/scratch.h"

static uint64_t blocks(int dir, const char *path)
{
	struct stat st;

	ck_assert_int_eq(fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return (uint64_t)st.st_blocks * 512;
}

START_TEST(test_usage)
{
	static const char bytes[10000];
	auto_scratch char *path = scratch_new();
	uint64_t below = 0, all = 7, file = 0, none = 0;
	struct vz_err err = {0};
	auto_fd int dir = vz_open_dir(AT_FDCWD, path, &err);

	must(vz_make_dirs(dir, "a/b", 0755, &err));
	must(vz_write_file(dir, "a/one", bytes, sizeof bytes, 0600, &err));
	must(vz_write_file(dir, "a/b/two", bytes, 5000, 0600, &err));
	/* other names, and what is elsewhere */
	ck_assert_int_eq(linkat(dir, "a/one", dir, "a/b/same", 0), 0);
	ck_assert_int_eq(symlinkat("/", dir, "a/b/link"), 0);
	must(vz_usage_below(dir, "a", &below, &err));
	ck_assert_uint_eq(below, blocks(dir, "a/one") + blocks(dir, "a/b") + blocks(dir, "a/b/two") + blocks(dir, "a/b/link"));
	ck_assert_uint_ge(below, 15000);
	must(vz_usage(dir, "a", &all, &err));
	ck_assert_uint_eq(all, 7 + below + blocks(dir, "a"));
	must(vz_usage(dir, "a/one", &file, &err));
	ck_assert_uint_eq(file, blocks(dir, "a/one"));
	must(vz_usage(dir, "none", &none, &err));
	must(vz_usage_below(dir, "none", &none, &err));
	must(vz_usage_below(dir, "a/one", &none, &err));
	must(vz_usage_below(dir, "a/b/link", &none, &err));
	ck_assert_uint_eq(none, 0);
}
END_TEST

START_TEST(test_too_deep)
{
	auto_scratch char *path = scratch_new();
	auto_buf struct vz_buf deep = {0};
	uint64_t total = 0;
	struct vz_err err = {0};
	auto_fd int dir = vz_open_dir(AT_FDCWD, path, &err);

	for (int i = 0; i < 300; i++)
		vz_buf_puts(&deep, i ? "/d" : "d");
	must(vz_make_dirs(dir, deep.data, 0755, &err));
	must_fail(vz_usage(dir, "d", &total, &err), VZ_FAILED, "256 deep");
}
END_TEST

UNIT_MAIN("usage", test_usage, test_too_deep)
