/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/fd.h"
#include "store/reference.h"
#include "tests/unit/scratch.h"

#define PATH "templates/deb/current"

static struct vz_store *new_store(const char *dir)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	must(vz_make_dirs(vz_store_fd(s), "templates/deb", 0700, &err));
	return s;
}

START_TEST(test_write_read)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_err err = {0};
	unsigned n = 7;

	must_fail(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err), VZ_NOTFOUND, PATH);
	must_fail(vz_reference_read(s, "../deb", VZ_REFERENCE_CURRENT, &n, &err), VZ_NOTFOUND, "'../deb'");
	must(vz_reference_find(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 0);
	must(vz_reference_write(s, "deb", VZ_REFERENCE_CURRENT, 4294967295, &err));
	must(vz_reference_write(s, "deb", VZ_REFERENCE_LAST, 12, &err));
	must(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 4294967295);
	must(vz_reference_find(s, "deb", VZ_REFERENCE_LAST, &n, &err));
	ck_assert_uint_eq(n, 12);
	must(vz_reference_remove(s, "deb", VZ_REFERENCE_LAST, &err));
	must(vz_reference_remove(s, "deb", VZ_REFERENCE_LAST, &err));
	must_fail(vz_reference_read(s, "deb", VZ_REFERENCE_LAST, &n, &err), VZ_NOTFOUND, "templates/deb/last");
}
END_TEST

/* No bit may flip, and none may stand in another's place. */
START_TEST(test_damage)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};
	unsigned n;

	must(vz_reference_write(s, "deb", VZ_REFERENCE_CURRENT, 3, &err));
	must(vz_read_file(vz_store_fd(s), PATH, 4096, &text, &err));
	for (size_t i = 0; i < text.len * 8; i++) {
		auto_fd int fd = vz_open(vz_store_fd(s), PATH, O_WRONLY, 0, &err);
		char flipped = (char)(text.data[i / 8] ^ 1 << i % 8);

		ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)(i / 8)), 1);
		must_fail(vz_reference_find(s, "deb", VZ_REFERENCE_CURRENT, &n, &err), VZ_DAMAGED, PATH);
		ck_assert_int_eq(pwrite(fd, &text.data[i / 8], 1, (off_t)(i / 8)), 1);
	}
	must(vz_make_dirs(vz_store_fd(s), "templates/app", 0700, &err));
	ck_assert_int_eq(renameat(vz_store_fd(s), PATH, vz_store_fd(s), "templates/app/current"), 0);
	must_fail(vz_reference_read(s, "app", VZ_REFERENCE_CURRENT, &n, &err), VZ_DAMAGED, "of template 'deb'");
}
END_TEST

/* What was announced counts when it is there. */
START_TEST(test_announced)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_err err = {0};
	unsigned n;

	must(vz_reference_announce(s, "deb", 1, &err));
	must_fail(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err), VZ_NOTFOUND, "never published");
	must(vz_make_dirs(vz_store_fd(s), "templates/deb/1", 0700, &err));
	must(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 1);
	must(vz_reference_announce(s, "deb", 2, &err));
	must(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 1);
	must(vz_make_dirs(vz_store_fd(s), "templates/deb/2", 0700, &err));
	must(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 2);
	must(vz_reference_write(s, "deb", VZ_REFERENCE_CURRENT, 1, &err));
	must(vz_reference_read(s, "deb", VZ_REFERENCE_CURRENT, &n, &err));
	ck_assert_uint_eq(n, 1);
}
END_TEST

UNIT_MAIN("reference", test_write_read, test_damage, test_announced)
