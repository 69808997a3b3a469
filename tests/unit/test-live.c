/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/keep.h"

#include "store/live.h"
#include "store/outcome.h"

enum { ONE = VZ_LIVE_ENV, TWO, THREE };

static uint32_t holder(const struct keep *k, const struct vz_live *l, char letter)
{
	struct vz_digest d = keep_object(k, letter);

	return vz_digests_get(&l->objects, &d);
}

START_TEST(test_join)
{
	static const uint32_t cases[][3] = {
		{ 0, 0, 0 }, { 0, ONE, ONE }, { ONE, 0, ONE }, { ONE, ONE, ONE }, { ONE, TWO, VZ_LIVE_SHARED },
		{ VZ_LIVE_SHARED, ONE, VZ_LIVE_SHARED }, { VZ_LIVE_SHARED, VZ_LIVE_SHARED, VZ_LIVE_SHARED },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_uint_eq(vz_live_join(cases[i][0], cases[i][1]), cases[i][2]);
}
END_TEST

START_TEST(test_changes)
{
	auto_live struct vz_live l = {0};
	const struct vz_digest d = { { 1 } };

	ck_assert(vz_live_add_image(&l, &d, ONE));
	ck_assert(!vz_live_add_image(&l, &d, ONE));
	ck_assert(vz_live_add_image(&l, &d, TWO));
	ck_assert(!vz_live_add_image(&l, &d, THREE));
	ck_assert(vz_live_add_record(&l, "x", ONE) && !vz_live_add_record(&l, "x", ONE) && vz_live_add_record(&l, "x", TWO));
	ck_assert_uint_eq(vz_live_holder(&l.records, "x"), VZ_LIVE_SHARED);
	ck_assert_uint_eq(vz_live_holder(&l.records, "y"), 0);
}
END_TEST

START_TEST(test_mark)
{
	auto_keep struct keep k = keep_new();
	auto_live struct vz_live l = {0};
	struct vz_digest ab = keep_image(&k, "ab"), bc = keep_image(&k, "bc");
	auto_free char *p = keep_record(&k, '1', "cd");
	struct vz_err err = {0};

	keep_image(&k, "e");
	vz_live_add_image(&l, &ab, ONE);
	vz_live_add_image(&l, &bc, TWO);
	vz_live_add_record(&l, p, TWO);
	/* a package that was never opened here */
	vz_live_add_record(&l, "2222222222222222222222222222222222222222222222222222222222222222", TWO);
	must(vz_live_mark(k.store, &l, NULL, &err));
	ck_assert_uint_eq(holder(&k, &l, 'a'), ONE);
	ck_assert_uint_eq(holder(&k, &l, 'b'), VZ_LIVE_SHARED);
	ck_assert_uint_eq(holder(&k, &l, 'c'), TWO);
	ck_assert_uint_eq(holder(&k, &l, 'd'), TWO);
	ck_assert_uint_eq(holder(&k, &l, 'e'), 0);
	ck_assert(!l.unread.n && !l.unknown_roots && !l.unknown_objects);
}
END_TEST

/* The name of an outcome: 64 of this digit. */
static const char *key(char digit)
{
	static char text[VZ_HEX_LEN + 1];

	memset(text, digit, VZ_HEX_LEN);
	return text;
}

/* Three stages on each other, and one beside; the parents of what is live are, and the outcomes that gave them. */
START_TEST(test_outcomes)
{
	auto_keep struct keep k = keep_new();
	auto_live struct vz_live l = {0};
	struct vz_digest base = keep_image(&k, "a"), rest = keep_image(&k, "ab"), top = keep_image(&k, "abc"), other = keep_image(&k, "x");
	const struct vz_outcome all[] = {
		{ .image = top, .parent = rest, .plan = other }, { .image = base }, { .image = rest, .parent = base }, { .image = other },
	};
	auto_free char *bad = vz_printf("compositions/%s", key('b'));
	struct vz_err err = {0};

	for (size_t i = 0; i < 4; i++)
		must(vz_outcome_write(k.store, key((char)('0' + i)), &all[i], &err));
	must(vz_write_file(vz_store_fd(k.store), bad, "{}", 2, 0600, &err));
	vz_live_add_image(&l, &top, TWO);
	vz_live_add_image(&l, &rest, ONE);
	must(vz_live_mark(k.store, &l, NULL, &err));
	ck_assert_uint_eq(vz_live_holder(&l.outcomes, key('0')), TWO);
	ck_assert_uint_eq(vz_live_holder(&l.outcomes, key('1')), VZ_LIVE_SHARED);
	ck_assert_uint_eq(vz_live_holder(&l.outcomes, key('2')), VZ_LIVE_SHARED);
	ck_assert_uint_eq(vz_live_holder(&l.outcomes, key('3')), 0);
	ck_assert_uint_eq(vz_digests_get(&l.images, &base), VZ_LIVE_SHARED);
	ck_assert_uint_eq(vz_digests_get(&l.plans, &other), TWO);
	ck_assert_uint_eq(holder(&k, &l, 'c'), TWO);
	ck_assert_uint_eq(holder(&k, &l, 'a'), VZ_LIVE_SHARED);
	/* one that cannot be read is told of, and holds nothing */
	ck_assert(l.unread.n == 1 && strstr(l.unread.v[0], bad) && !l.unknown_objects && !l.unknown_roots);
}
END_TEST

START_TEST(test_unread)
{
	auto_keep struct keep k = keep_new();
	struct vz_digest image = keep_image(&k, "a"), gone = { { 7 } };
	auto_free char *p = keep_record(&k, '1', "b"), *path = vz_printf("packages/%s", p);
	struct vz_err err = {0};

	for (int i = 0; i < 2; i++) {
		auto_live struct vz_live l = {0};

		vz_live_add_image(&l, i ? &image : &gone, ONE);
		vz_live_add_record(&l, p, ONE);
		must(vz_live_mark(k.store, &l, NULL, &err));
		ck_assert(l.unknown_objects && !l.unknown_roots && l.unread.n == 1);
		ck_assert_ptr_nonnull(strstr(l.unread.v[0], i ? p : "images/07"));
		must(vz_write_file(vz_store_fd(k.store), path, "x", 1, 0600, &err));
	}
}
END_TEST

UNIT_MAIN("live", test_join, test_changes, test_mark, test_outcomes, test_unread)
