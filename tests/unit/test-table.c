/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/table.h"

#include <stdio.h>

START_TEST(test_put_get)
{
	auto_table struct vz_table t = {0};
	char key[16];
	static int values[5000];

	ck_assert_ptr_null(vz_table_get(&t, "x"));
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "k%d", i);
		vz_table_put(&t, key, &values[i]);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "k%d", i);
		ck_assert_ptr_eq(vz_table_get(&t, key), &values[i]);
		ck_assert_str_eq(t.items[i].key, key);
	}
	vz_table_put(&t, "k7", NULL);
	ck_assert(vz_table_has(&t, "k7"));
	ck_assert_ptr_null(vz_table_get(&t, "k7"));
	ck_assert(!vz_table_has(&t, "nope"));
	ck_assert_uint_eq(t.n, 5000);
}
END_TEST

UNIT_MAIN("table", test_put_get)
