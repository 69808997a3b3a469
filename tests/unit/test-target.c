/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <sys/stat.h>

#include "share/target.h"
#include "tests/unit/scratch.h"

static int count(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

START_TEST(test_kept_and_dropped)
{
	auto_scratch char *dir = scratch_new();

	for (int kind = VZ_TARGET_FILE; kind <= VZ_TARGET_DIR; kind++) {
		auto_free char *path = vz_printf("%s/made-%d%s", dir, kind, kind == VZ_TARGET_DIR ? "/" : "");
		struct vz_target t = {0};
		struct vz_err err = {0};
		struct stat st;

		must(vz_target_begin(path, (enum vz_target_kind)kind, &t, &err));
		ck_assert_int_eq(count(dir), 1 + kind);
		vz_target_release(&t);
		ck_assert_int_eq(count(dir), kind);
		must(vz_target_begin(path, (enum vz_target_kind)kind, &t, &err));
		must(vz_target_end(&t, &err));
		vz_target_release(&t);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, kind == VZ_TARGET_DIR ? 0755 : 0644);
		must_fail(vz_target_begin(path, (enum vz_target_kind)kind, &t, &err), VZ_EXISTS, "is there already");
	}
	ck_assert_int_eq(count(dir), 2);
}
END_TEST

/* Somebody else makes it meanwhile. */
START_TEST(test_never_replaces)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *path = vz_printf("%s/x", dir);
	struct vz_target t = {0};
	struct vz_err err = {0};

	must(vz_target_begin(path, VZ_TARGET_FILE, &t, &err));
	must(vz_write_file(AT_FDCWD, path, "other", 5, 0644, &err));
	must_fail(vz_target_end(&t, &err), VZ_EXISTS, "is there already");
	vz_target_release(&t);
	ck_assert_int_eq(count(dir), 1);
	must_fail(vz_target_begin("/nonexistent/x", VZ_TARGET_FILE, &t, &err), VZ_FAILED, "/nonexistent/x");
}
END_TEST

UNIT_MAIN("target", test_kept_and_dropped, test_never_replaces)
