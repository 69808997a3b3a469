/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/alloc.h"
#include "resolver/speed.h"

#define NOW 1700000000
#define DAY (24 * 3600)

static struct vz_mirrors mirrors_of(const char *names)
{
	struct vz_mirrors m = { .urls = vz_alloc(16 * sizeof(char *)) };

	for (; *names; names++)
		m.urls[m.n++] = vz_printf("http://%c", *names);
	return m;
}

static void is_order(const struct vz_speeds *s, const char *from, const char *to)
{
	auto_mirrors struct vz_mirrors m = mirrors_of(from);

	vz_speeds_order(s, &m);
	for (size_t i = 0; i < m.n; i++)
		ck_assert_msg(m.urls[i][7] == to[i], "%zu: %s, wanted %c", i, m.urls[i], to[i]);
}

START_TEST(test_order)
{
	struct vz_speeds s = {0};

	is_order(&s, "abc", "abc");
	vz_speeds_answered(&s, "http://c", 30, 100, 40, NOW);
	vz_speeds_answered(&s, "http://d", 20, 100, 40, NOW);
	is_order(&s, "abcde", "dcabe");
	/* what failed goes to the end, what failed first is tried first */
	vz_speeds_failed(&s, "http://d", NOW + 2);
	vz_speeds_failed(&s, "http://a", NOW + 1);
	is_order(&s, "abcde", "cbead");
	/* and comes back */
	vz_speeds_answered(&s, "http://d", 20, 100, 40, NOW);
	is_order(&s, "abcde", "dcbea");
	/* near, but slow: a mebibyte takes it ten seconds */
	vz_speeds_answered(&s, "http://c", 30, 10 << 20, 1000, NOW);
	vz_speeds_answered(&s, "http://d", 20, 1 << 20, 10000, NOW);
	is_order(&s, "abcde", "cdbea");
	vz_speeds_release(&s);
}
END_TEST

START_TEST(test_knows)
{
	auto_mirrors struct vz_mirrors m = mirrors_of("ab");
	struct vz_speeds s = {0};

	ck_assert(!vz_speeds_knows(&s, &m, NOW));
	vz_speeds_answered(&s, "http://c", 30, 0, 40, NOW);
	ck_assert(!vz_speeds_knows(&s, &m, NOW));
	vz_speeds_failed(&s, "http://a", NOW);
	ck_assert(!vz_speeds_knows(&s, &m, NOW));
	vz_speeds_answered(&s, "http://b", 30, 0, 40, NOW);
	ck_assert(vz_speeds_knows(&s, &m, NOW));
	ck_assert(!vz_speeds_knows(&s, &m, NOW + 8 * DAY));
	ck_assert(!vz_speeds_knows(&s, &m, NOW - DAY));
	vz_speeds_release(&s);
}
END_TEST

START_TEST(test_round_trip)
{
	static const char junk[] = "vzpkg-mirrors 1\nx\n1 2 3\n1 2 3 4\n\n1 2 3 4 \n5 6 0 1700000000 http://b\n-1 a b c http://c";
	struct vz_speeds s = {0}, t = {0}, u = {0};
	auto_buf struct vz_buf a = {0}, b = {0};

	vz_speeds_answered(&s, "http://b", 30, 10 << 20, 1000, NOW);
	vz_speeds_failed(&s, "http://a", NOW + 1);
	ck_assert(s.changed);
	vz_speeds_write(&s, &a);
	ck_assert_str_eq(a.data, "vzpkg-mirrors 1\n30 10485760 0 1700000000 http://b\n0 0 1 1700000001 http://a\n");
	vz_speeds_read(&t, a.data, a.len);
	ck_assert(!t.changed);
	vz_speeds_write(&t, &b);
	ck_assert_str_eq(a.data, b.data);
	vz_speeds_read(&u, "vzpkg-mirrors 2\n1 1 0 1 http://a\n", 33);
	ck_assert_uint_eq(u.mirrors.n, 0);
	vz_speeds_read(&u, junk, strlen(junk));
	ck_assert_uint_eq(u.mirrors.n, 1);
	is_order(&u, "ab", "ba");
	vz_speeds_release(&s);
	vz_speeds_release(&t);
	vz_speeds_release(&u);
}
END_TEST

UNIT_MAIN("speed", test_order, test_knows, test_round_trip)
