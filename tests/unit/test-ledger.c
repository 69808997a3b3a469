/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/ledger.h"

#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static struct vz_err err;

START_TEST(test_round_trip)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir);
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_ids struct vz_ids ids = {0}, again = {0}, none = {0};

	must_fail(vz_ledger_read(s, "t", &again, &err), VZ_NOTFOUND, "templates/t/ids");
	must(vz_ledger_write(s, "t", &none, &err));
	must(vz_ledger_read(s, "t", &again, &err));
	ck_assert_uint_eq(again.n, 0);
	vz_ids_put(&ids, VZ_ID_USER, "root", 0);
	vz_ids_put(&ids, VZ_ID_USER, "nobody", 4294967294u);
	vz_ids_put(&ids, VZ_ID_GROUP, "adm", 4);
	must(vz_ledger_write(s, "t", &ids, &err));
	must(vz_ledger_read(s, "t", &again, &err));
	ck_assert(vz_ids_same(&ids, &again));
}
END_TEST

/* A document that is whole, but says nonsense. */
static void check_damaged(enum vz_id_kind kind, const char *name, const char *also)
{
	auto_ids struct vz_ids ids = {0}, read = {0};
	auto_buf struct vz_buf text = {0};

	vz_ids_add(&ids, kind, name, 5);
	if (also)
		vz_ids_add(&ids, kind, also, 6);
	must(vz_ledger_format(&ids, &text, &err));
	must_fail(vz_ledger_parse(text.data, text.len, &read, &err), VZ_DAMAGED, "in a ledger of ids");
}

START_TEST(test_damaged)
{
	auto_ids struct vz_ids ids = {0}, read = {0};
	auto_buf struct vz_buf text = {0};

	check_damaged(VZ_ID_USER, "a b", NULL);
	check_damaged(VZ_ID_USER, "", NULL);
	check_damaged(VZ_ID_GROUP, "a", "a");
	check_damaged(VZ_ID_USER, "b", "a");
	check_damaged(VZ_ID_USER, "a 0", NULL);
	vz_ids_put(&ids, VZ_ID_USER, "root", 0);
	must(vz_ledger_format(&ids, &text, &err));
	text.data[text.len / 2] ^= 1;
	must_fail(vz_ledger_parse(text.data, text.len, &read, &err), VZ_DAMAGED, "ledger of ids");
}
END_TEST

UNIT_MAIN("ledger", test_round_trip, test_damaged)
