/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/path.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"

START_TEST(test_sane)
{
	ck_assert(vz_path_is_sane("./usr/bin/x"));
	ck_assert(vz_path_is_sane("/a..b/..c/d.."));
	ck_assert(!vz_path_is_sane(""));
	ck_assert(!vz_path_is_sane(".."));
	ck_assert(!vz_path_is_sane("a/../b"));
	ck_assert(!vz_path_is_sane("a/.."));
	ck_assert(vz_name_is_sane("debian-12_x.y"));
	ck_assert(!vz_name_is_sane(".x"));
	ck_assert(!vz_name_is_sane("a/b"));
	ck_assert(!vz_name_is_sane(""));
}
END_TEST

START_TEST(test_normal)
{
	static const char *const cases[][2] = {
		{ "", "/" }, { ".", "/" }, { "./usr//bin/", "/usr/bin" }, { "/a/./b", "/a/b" }, { "a/..", "/a/.." },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_free char *s = vz_path_normal(cases[i][0]);

		ck_assert_str_eq(s, cases[i][1]);
	}
}
END_TEST

START_TEST(test_links_stay_inside)
{
	char dir[] = "/tmp/vz-test-path-XXXXXX";
	struct vz_err err = {0};
	auto_fd int root = -1;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	root = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(symlinkat("/", root, "up"), 0);
	ck_assert_int_eq(symlinkat("../../../etc", root, "out"), 0);
	must(vz_path_make_dirs(root, "/up/x/y", 0755, &err));
	ck_assert_int_eq(faccessat(root, "x/y", F_OK, 0), 0);
	must_fail(vz_path_open_file(root, "out/passwd", &err), VZ_NOTFOUND, "inside the root");
	must(fd = vz_path_open(root, "up/x/f", O_WRONLY | O_CREAT, 0644, &err));
	close(fd);
	must(fd = vz_path_open_file(root, "../../x/f", &err));
	close(fd);
	must(fd = vz_path_open_beneath(root, "/x/f", O_RDONLY, &err));
	close(fd);
	must(fd = vz_path_open_beneath(root, "up", O_PATH | O_NOFOLLOW, &err));
	close(fd);
	must_fail(vz_path_open_beneath(root, "up/x/f", O_RDONLY, &err), VZ_NOTFOUND, "open 'up/x/f'");
	must_fail(vz_path_open_beneath(root, "up", O_RDONLY, &err), VZ_NOTFOUND, "open 'up'");
	must_fail(vz_path_open_beneath(root, "../etc", O_PATH, &err), VZ_NOTFOUND, "open '../etc'");
	ck_assert_int_eq(mkfifoat(root, "fifo", 0600), 0);
	must_fail(vz_path_open_file(root, "fifo", &err), VZ_FAILED, "not a regular file");
	must(vz_remove_tree(AT_FDCWD, dir, &err));
}
END_TEST

UNIT_MAIN("path", test_sane, test_normal, test_links_stay_inside)
