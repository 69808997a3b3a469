/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "base/fd.h"
#include "store/pending.h"

START_TEST(test_note)
{
	const struct vz_pending first = { { { 1, 2 } }, 1700000000 }, second = { { { 3 } }, 1700000001 };
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/root", dir);
	struct vz_err err = {0};
	auto_store struct vz_store *s = vz_store_open(root, VZ_STORE_CHANGE, &err);
	struct vz_pending got;

	ck_assert_msg(s != NULL, "%s", err.msg);
	must_fail(vz_pending_read(s, "web", &got, &err), VZ_NOTFOUND, "pending/web");
	must(vz_pending_forget(s, "web", &err));
	must(vz_pending_write(s, "web", &first, &err));
	must(vz_pending_write(s, "web", &second, &err));
	must(vz_pending_read(s, "web", &got, &err));
	ck_assert_int_eq(vz_digest_cmp(&got.plan, &second.plan), 0);
	ck_assert_int_eq(got.since, second.since);
	/* in another's place */
	ck_assert_int_eq(renameat(vz_store_fd(s), "pending/web", vz_store_fd(s), "pending/mail"), 0);
	must_fail(vz_pending_read(s, "mail", &got, &err), VZ_DAMAGED, "'pending/mail' is the note of another template");
	must(vz_write_file(vz_store_fd(s), "pending/mail", "{}", 2, 0600, &err));
	must_fail(vz_pending_read(s, "mail", &got, &err), VZ_DAMAGED, "pending/mail");
	must(vz_pending_forget(s, "mail", &err));
	must_fail(vz_pending_read(s, "mail", &got, &err), VZ_NOTFOUND, "pending/mail");
}
END_TEST

UNIT_MAIN("pending", test_note)
