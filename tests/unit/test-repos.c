/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "resolver/repos.h"
#include "resolver/state.h"
#include "tests/unit/scratch.h"

START_TEST(test_unused)
{
	static const char *const files[] = { "lock", "state", "mirrors", "InRelease", "0123.amd64.solv" };
	auto_scratch char *path = scratch_new();
	auto_texts struct vz_texts unused = {0};
	struct vz_err err = {0};
	const struct timespec then[2] = { { 1000, 0 }, { 1000, 0 } };
	auto_fd int dir = vz_open_dir(AT_FDCWD, path, &err);

	must(vz_make_dirs(dir, "none/below", 0700, &err));
	must(vz_make_dirs(dir, "old/below", 0700, &err));
	must(vz_make_dirs(dir, "new", 0700, &err));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		auto_free char *old = vz_printf("old/%s", files[i]), *new = vz_printf("new/%s", files[i]);

		must(vz_write_file(dir, old, "x", 1, 0600, &err));
		must(vz_write_file(dir, new, "x", 1, 0600, &err));
	}
	must(vz_repos_unused(dir, 1001, &unused, &err));
	ck_assert_uint_eq(unused.n, 0);
	ck_assert_int_eq(utimensat(dir, "old/lock", then, 0), 0);
	must(vz_repos_unused(dir, 1000, &unused, &err));
	ck_assert_uint_eq(unused.n, 0);
	must(vz_repos_unused(dir, 1001, &unused, &err));
	ck_assert_uint_eq(unused.n, 2);
	ck_assert_str_eq(unused.v[0], "old/0123.amd64.solv");
	ck_assert_str_eq(unused.v[1], "old/InRelease");
}
END_TEST

static void found(void *ctx, const char *path, const struct vz_err *why)
{
	ck_assert_int_eq(why->code, VZ_DAMAGED);
	vz_texts_add(ctx, path);
}

START_TEST(test_check)
{
	const struct vz_source_state state = { 5, 6, true };
	auto_scratch char *path = scratch_new();
	auto_texts struct vz_texts bad = {0};
	struct vz_err err = {0};
	auto_fd int dir = vz_open_dir(AT_FDCWD, path, &err), good = -1;

	must(vz_make_dirs(dir, "good", 0700, &err));
	must(vz_make_dirs(dir, "without", 0700, &err));
	must(vz_make_dirs(dir, "bad", 0700, &err));
	must(good = vz_open_dir(dir, "good", &err));
	must(vz_source_state_write(good, &state, &err));
	must(vz_write_file(dir, "bad/state", "x", 1, 0600, &err));
	must(vz_write_file(dir, "file", "x", 1, 0600, &err));
	must(vz_repos_check(dir, found, &bad, &err));
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_str_eq(bad.v[0], "bad/state");
}
END_TEST

UNIT_MAIN("repos", test_unused, test_check)
