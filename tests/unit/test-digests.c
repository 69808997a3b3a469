/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/digests.h"

static struct vz_digest number(uint32_t n)
{
	struct vz_digest d;

	vz_sha256(&n, sizeof n, &d);
	return d;
}

START_TEST(test_put_get)
{
	auto_digests struct vz_digests s = {0};
	size_t seen = 0;

	ck_assert_uint_eq(vz_digests_get(&s, &(struct vz_digest){0}), 0);
	for (uint32_t i = 1; i <= 20000; i++) {
		struct vz_digest d = number(i);
		uint32_t *n = vz_digests_put(&s, &d);

		ck_assert_uint_eq(*n, 0);
		*n = i;
	}
	for (uint32_t i = 1; i <= 20000; i++) {
		struct vz_digest d = number(i), none = number(i + 20000);

		ck_assert_uint_eq(vz_digests_get(&s, &d), i);
		ck_assert_uint_eq(*vz_digests_put(&s, &d), i);
		ck_assert_uint_eq(vz_digests_get(&s, &none), 0);
	}
	for (size_t i = 0; i < s.n_slots; i++)
		seen += s.slots[i].number != 0;
	ck_assert_uint_eq(seen, 20000);
	ck_assert_uint_eq(s.n, 20000);
	ck_assert_uint_le(s.n_slots, 32768);
}
END_TEST

/* Digests that begin alike are told apart, and all zeros are a digest as any. */
START_TEST(test_alike)
{
	auto_digests struct vz_digests s = {0};
	struct vz_digest d = {0};

	for (unsigned i = 0; i < 1000; i++) {
		d.b[30] = (uint8_t)(i >> 8);
		d.b[31] = (uint8_t)i;
		*vz_digests_put(&s, &d) = i + 1;
	}
	for (unsigned i = 0; i < 1000; i++) {
		d.b[30] = (uint8_t)(i >> 8);
		d.b[31] = (uint8_t)i;
		ck_assert_uint_eq(vz_digests_get(&s, &d), i + 1);
	}
	ck_assert_uint_eq(s.n, 1000);
}
END_TEST

UNIT_MAIN("digests", test_put_get, test_alike)
