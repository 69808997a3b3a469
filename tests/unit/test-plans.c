/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "store/plans.h"

START_TEST(test_put_get)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/root", dir), *path = NULL;
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_buf struct vz_buf got = {0};
	struct vz_digest d, again, sum;
	char hex[VZ_HEX_LEN + 1];

	ck_assert(s != NULL);
	must(vz_plans_put(s, "a plan\n", 7, &d, &err));
	must(vz_plans_put(s, "a plan\n", 7, &again, &err));
	vz_sha256("a plan\n", 7, &sum);
	ck_assert(vz_digest_cmp(&d, &sum) == 0 && vz_digest_cmp(&d, &again) == 0);
	must(vz_plans_get(s, &d, &got, &err));
	ck_assert_str_eq(got.data, "a plan\n");

	memset(&again, 1, sizeof again);
	must_fail(vz_plans_get(s, &again, &got, &err), VZ_DAMAGED, "plans/0101");
	vz_digest_hex(&d, hex);
	path = vz_printf("plans/%s", hex);
	must(vz_write_file(vz_store_fd(s), path, "a plam\n", 7, 0600, &err));
	vz_buf_clear(&got);
	must_fail(vz_plans_get(s, &d, &got, &err), VZ_DAMAGED, "not what its name says");
	ck_assert_uint_eq(got.len, 0);
}
END_TEST

UNIT_MAIN("plans", test_put_get)
