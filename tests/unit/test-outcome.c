/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "store/outcome.h"
#include "tests/unit/scratch.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PATH "compositions/" KEY

static struct vz_store *new_store(const char *dir)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(dir, VZ_STORE_CHANGE, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

START_TEST(test_write_read)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_outcome c = {0}, got = {0}, none = {0};
	struct vz_err err = {0};
	auto_texts struct vz_texts keys = {0};

	memset(&c.image, 1, sizeof c.image);
	memset(&c.parent, 2, sizeof c.parent);
	must_fail(vz_outcome_read(s, KEY, &got, &err), VZ_NOTFOUND, PATH);
	must(vz_outcome_write(s, KEY, &c, &err));
	must(vz_outcome_read(s, KEY, &got, &err));
	ck_assert(!vz_digest_cmp(&got.image, &c.image) && !vz_digest_cmp(&got.parent, &c.parent));
	ck_assert(!vz_digest_cmp(&got.plan, &none.plan));
	c.plan = c.parent;
	c.parent = none.parent;
	must(vz_outcome_write(s, KEY, &c, &err));
	must(vz_outcome_read(s, KEY, &got, &err));
	ck_assert(!vz_digest_cmp(&got.parent, &none.parent) && !vz_digest_cmp(&got.plan, &c.plan));
	must(vz_write_file(vz_store_fd(s), PATH ".tmp.1.2", "half", 4, 0600, &err));
	must(vz_outcome_keys(s, &keys, &err));
	ck_assert_uint_eq(keys.n, 1);
	ck_assert_str_eq(keys.v[0], KEY);
}
END_TEST

/* No bit may flip, and none may stand under another's key. */
START_TEST(test_damage)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = new_store(dir);
	struct vz_outcome c = {0}, got;
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	memset(&c, 3, sizeof c);
	must(vz_outcome_write(s, KEY, &c, &err));
	must(vz_read_file(vz_store_fd(s), PATH, 4096, &text, &err));
	for (size_t i = 0; i < text.len * 8; i++) {
		auto_fd int fd = vz_open(vz_store_fd(s), PATH, O_WRONLY, 0, &err);
		char flipped = (char)(text.data[i / 8] ^ 1 << i % 8);

		ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)(i / 8)), 1);
		must_fail(vz_outcome_read(s, KEY, &got, &err), VZ_DAMAGED, PATH);
		ck_assert_int_eq(pwrite(fd, &text.data[i / 8], 1, (off_t)(i / 8)), 1);
	}
	must(vz_outcome_read(s, KEY, &got, &err));
	ck_assert_int_eq(renameat(vz_store_fd(s), PATH, vz_store_fd(s), "compositions/other"), 0);
	must_fail(vz_outcome_read(s, "other", &got, &err), VZ_DAMAGED, "is not what its name says");
}
END_TEST

UNIT_MAIN("outcome", test_write_read, test_damage)
