/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/id.h"

#include "base/alloc.h"
#include "tests/unit/unit.h"

static char *text(const struct vz_ids *ids)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < ids->n; i++)
		vz_buf_printf(&b, "%c%s=%u ", ids->v[i].kind == VZ_ID_USER ? 'u' : 'g', ids->v[i].name, ids->v[i].id);
	return vz_buf_steal(&b);
}

START_TEST(test_list)
{
	auto_ids struct vz_ids a = {0}, b = {0};
	auto_free char *all = NULL;
	uint32_t id;

	vz_ids_put(&a, VZ_ID_GROUP, "b", 2);
	vz_ids_put(&a, VZ_ID_USER, "c", 3);
	vz_ids_put(&a, VZ_ID_USER, "a", 1);
	vz_ids_put(&a, VZ_ID_USER, "c", 4);
	vz_ids_put(&b, VZ_ID_USER, "a", 9);
	vz_ids_put(&b, VZ_ID_GROUP, "z", 7);
	ck_assert(!vz_ids_same(&a, &b));
	vz_ids_merge(&a, &b);
	all = text(&a);
	ck_assert_str_eq(all, "ua=9 uc=4 gb=2 gz=7 ");
	ck_assert(vz_ids_get(&a, VZ_ID_USER, "c", &id) && id == 4);
	ck_assert(!vz_ids_get(&a, VZ_ID_GROUP, "c", &id));
	ck_assert_str_eq(vz_ids_holder(&a, VZ_ID_GROUP, 7), "z");
	ck_assert_ptr_null(vz_ids_holder(&a, VZ_ID_USER, 7));
}
END_TEST

START_TEST(test_sort)
{
	auto_ids struct vz_ids a = {0}, b = {0};
	auto_free char *all = NULL;

	vz_ids_sort(&a);
	vz_ids_add(&a, VZ_ID_GROUP, "x", 1);
	vz_ids_add(&a, VZ_ID_USER, "b", 2);
	vz_ids_add(&a, VZ_ID_USER, "a", 3);
	vz_ids_add(&a, VZ_ID_USER, "b", 4);
	vz_ids_sort(&a);
	all = text(&a);
	ck_assert_str_eq(all, "ua=3 ub=2 gx=1 ");
	vz_ids_put(&b, VZ_ID_GROUP, "x", 1);
	vz_ids_put(&b, VZ_ID_USER, "b", 2);
	vz_ids_put(&b, VZ_ID_USER, "a", 3);
	ck_assert(vz_ids_same(&a, &b));
}
END_TEST

START_TEST(test_names)
{
	static const char *const good[] = { "a", "_apt", "www-data", "Debian-exim", "x$", "user.name" };
	static const char *const bad[] = { "", "a b", "a:b", "a/b", "a,b", "\xc3\xa4", "a\n", "100%" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(vz_id_name_is_sane(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!vz_id_name_is_sane(bad[i]), "%s", bad[i]);
}
END_TEST

UNIT_MAIN("id", test_list, test_sort, test_names)
