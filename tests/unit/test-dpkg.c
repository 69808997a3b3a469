/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/buf.h"
#include "builder/dpkg.h"

START_TEST(test_packages)
{
	static const char text[] = "Package: libx1\nVersion: 1:2-3\nArchitecture: amd64\nMulti-Arch: same\n"
				   "Replaces: libx0 (<< 1)\nDescription: x\n y\n\n"
				   "Package: doc\nArchitecture: all\nVersion: 1\n";
	static const char *const bad[] = {
		"Version: 1\nArchitecture: all\n", "Package: ../x\nVersion: 1\nArchitecture: all\n",
		"Package: X\nVersion: 1\nArchitecture: all\n", "Package: x\nArchitecture: all\n",
		"Package: x\nVersion: 1\nArchitecture: a/b\n", "Package: x y\nVersion: 1\nArchitecture: all\n",
	};
	auto_dpkg_packages struct vz_dpkg_packages p = {0};
	struct vz_err err;

	must(vz_dpkg_packages_read(text, strlen(text), &p, &err));
	ck_assert_uint_eq(p.n, 2);
	ck_assert_str_eq(p.items[0].version, "1:2-3");
	ck_assert_str_eq(p.items[0].replaces, "libx0 (<< 1)");
	ck_assert(p.items[0].multi_arch_same && !p.items[1].multi_arch_same);
	ck_assert_ptr_null(p.items[1].replaces);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(vz_dpkg_packages_read(bad[i], strlen(bad[i]), &p, &err), VZ_FAILED, "");
}
END_TEST

START_TEST(test_info_name)
{
	struct vz_dpkg_package p = { .name = "libx1", .arch = "amd64" };
	char *name = vz_dpkg_info_name(&p);

	ck_assert_str_eq(name, "libx1");
	free(name);
	p.multi_arch_same = true;
	name = vz_dpkg_info_name(&p);
	ck_assert_str_eq(name, "libx1:amd64");
	free(name);
}
END_TEST

START_TEST(test_relations)
{
	static const struct { const char *field, *name, *version; bool has; } cases[] = {
		{ NULL, "a", "1", false }, { "", "a", "1", false }, { "a", "a", "1", true }, { "aa", "a", "1", false },
		{ "b, a", "a", "1", true }, { "b,\n a (<< 2)", "a", "1", true }, { "a (<< 2)", "a", "2", false },
		{ "a (<= 2)", "a", "2", true }, { "a (<=2)", "a", "2", true }, { "a(>= 2)", "a", "1:0", true },
		{ "a (>> 2~rc1)", "a", "2", true }, { "a (= 2-1)", "a", "2-1", true }, { "a (= 2-1)", "a", "2-1.1", false },
		{ "a (< 2)", "a", "2", true }, { "a (> 2)", "a", "2", true }, { "a:any (<< 2)", "a", "1", true },
		{ "a (<< 1), a (>> 3)", "a", "4", true }, { "a (", "a", "1", false }, { "a (<<", "a", "1", false },
		{ "(a)", "a", "1", false }, { ",,|,a", "a", "1", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(vz_dpkg_relation_has(cases[i].field, cases[i].name, cases[i].version) == cases[i].has,
			      "case %zu: '%s'", i, cases[i].field ? cases[i].field : "-");
}
END_TEST

START_TEST(test_diversions)
{
	static const char text[] = "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n";
	static const char *const bad[] = { "/a\n", "/a\n/b\n", "a\n/b\n:\n", "/a\nb\n:\n", "/a\n/\n:\n" };
	struct vz_dpkg_diversions d = {0};
	struct vz_err err;

	must(vz_dpkg_diversions_read(text, strlen(text), &d, &err));
	ck_assert_uint_eq(d.n, 2);
	ck_assert_str_eq(d.items[0].to, "/bin/sh.distrib");
	ck_assert_str_eq(d.items[1].owner, ":");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(vz_dpkg_diversions_read(bad[i], strlen(bad[i]), &d, &err), VZ_FAILED, "damaged");
	vz_dpkg_diversions_release(&d);
}
END_TEST

static void note(void *ctx, const char *trigger, bool await)
{
	vz_buf_printf(ctx, "%s%s;", trigger, await ? "" : "!");
}

START_TEST(test_triggers)
{
	static const char text[] = "# comment\n\n interest-await ldconfig # why\nactivate-noawait x\n"
				   "interest-noawait\t/usr/share/fonts \ninterest y";
	static const char *const bad[] = { "interest\n", "intrest x\n", "interest a/b\n", "interest ../x\n",
					   "interest a b\n", "interest File\n", "interest caf\xc3\xa9\n", "activate\n" };
	auto_buf struct vz_buf b = {0};
	struct vz_err err;

	must(vz_dpkg_triggers_read(text, strlen(text), note, &b, &err));
	ck_assert_str_eq(b.data, "ldconfig;/usr/share/fonts!;y;");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		must_fail(vz_dpkg_triggers_read(bad[i], strlen(bad[i]), note, &b, &err), VZ_FAILED, "trigger");
}
END_TEST

START_TEST(test_stanza)
{
	static const char control[] = "Package: x\nStatus: deinstall ok half-installed\nVersion: 1\nConffiles:\n /etc/y 0\n"
				      "Description: short\n long\n .\n end\n";
	static const char two[] = "Package: x\n\nPackage: y\n";
	auto_buf struct vz_buf b = {0};
	struct vz_err err;

	must(vz_dpkg_stanza(control, strlen(control), "/etc/a 0123\n/etc/b 4567\n", &b, &err));
	ck_assert_str_eq(b.data, "Package: x\nStatus: install ok unpacked\nVersion: 1\n"
				 "Description: short\n long\n .\n end\nConffiles:\n /etc/a 0123\n /etc/b 4567\n\n");
	must_fail(vz_dpkg_stanza(two, strlen(two), NULL, &b, &err), VZ_FAILED, "more than one stanza");
}
END_TEST

UNIT_MAIN("dpkg", test_packages, test_info_name, test_relations, test_diversions, test_triggers, test_stanza)
