/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "store/reserve.h"
#include "tests/unit/scratch.h"

static bool is_there(int dir)
{
	struct stat st;

	return fstatat(dir, "reserve", &st, 0) == 0 && (uint64_t)st.st_blocks * 512 >= VZ_RESERVE_BYTES;
}

/* A file system of 6 MiB in a mount name space of our own. */
START_TEST(test_reserve)
{
	static const char bytes[1 << 16];
	auto_scratch char *path = scratch_new();
	struct vz_err err = {0};
	auto_fd int dir = -1, fd = -1;
	ssize_t written = 0, n;

	if (geteuid() || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("test", path, "tmpfs", 0, "size=6m") < 0) {
		ck_assert_msg(!getenv("VZ_MUST_WORK"), "needs root and a mount name space");
		return;
	}
	must(dir = vz_open_dir(AT_FDCWD, path, &err));
	must(vz_reserve_spend(dir, &err));
	vz_reserve_make(dir);
	ck_assert(is_there(dir));
	vz_reserve_make(dir);
	must(vz_reserve_spend(dir, &err));
	ck_assert_msg(is_there(dir), "spent though there was room");

	must(fd = vz_open(dir, "fill", O_WRONLY | O_CREAT, 0600, &err));
	while ((n = write(fd, bytes, sizeof bytes)) > 0)
		written += n;
	ck_assert_int_le(written, 5 << 20);
	must(vz_reserve_spend(dir, &err));
	ck_assert(!is_there(dir));
	must(vz_reserve_spend(dir, &err));
	/* now there is room for what removing needs, but not for the reserve */
	must(vz_make_dirs(dir, "some", 0700, &err));
	vz_reserve_make(dir);
	ck_assert_msg(!is_there(dir), "made where there is no room");
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	vz_reserve_make(dir);
	ck_assert(is_there(dir));
	umount2(path, MNT_DETACH);
}
END_TEST

UNIT_MAIN("reserve", test_reserve)
