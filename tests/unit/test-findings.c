/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "store/findings.h"

START_TEST(test_list)
{
	auto_findings struct vz_findings f;
	struct vz_err why;

	vz_findings_init(&f);
	vz_err_set(&why, VZ_NOTFOUND, "is not there");
	vz_findings_add(&f, VZ_FINDING_OBJECT, "objects/b", &why);
	vz_err_set(&why, VZ_DAMAGED, "is another");
	vz_findings_add(&f, VZ_FINDING_OBJECT, "objects/b", &why);
	vz_findings_add(&f, VZ_FINDING_OBJECT, "objects/a", &why);
	vz_findings_add(&f, VZ_FINDING_REFERENCE, "templates/x/current", &why);
	vz_findings_checked(&f, 5);
	vz_findings_checked(&f, 6);
	vz_findings_sort(&f);
	ck_assert(f.n == 3 && f.checked == 2 && f.bytes == 11);
	ck_assert_str_eq(f.v[0].path, "templates/x/current");
	ck_assert_str_eq(f.v[1].path, "objects/a");
	ck_assert_str_eq(f.v[2].why, "is not there");
	ck_assert(f.v[2].missing && !f.v[1].missing);
	vz_findings_drop(&f, 1);
	ck_assert(f.n == 2 && !strcmp(f.v[1].path, "objects/b"));
	for (int i = VZ_FINDING_REFERENCE; i <= VZ_FINDING_STRANGE; i++)
		ck_assert_ptr_nonnull(vz_finding_word((enum vz_finding_kind)i));
}
END_TEST

UNIT_MAIN("findings", test_list)
