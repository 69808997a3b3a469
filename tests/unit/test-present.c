/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes of the cards; what the solver makes of it is in tests/fixtures/solve/present-*.case. */
#include "tests/unit/unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "resolver/present.h"
#include "resolver/universe.h"
#include "tests/unit/rpmfile.h"

#define DIGEST "00000000000000000000000000000000000000000000000000000000000000ab"

static struct vz_err err;

static struct vz_present present(const char *name, const char *card, size_t len)
{
	return (struct vz_present){
		.package = { .name = (char *)name, .version = (char *)"1-1", .arch = (char *)"noarch", .repo = (char *)"main",
			     .location = (char *)"p/x", .digest = (char *)DIGEST, .size = 77 },
		.card = card, .len = len,
	};
}

static struct vz_universe *load(const char *family, const char *arch, const struct vz_present_list *l)
{
	auto_fd int fd = memfd_create("present", MFD_CLOEXEC);
	struct vz_universe *u = vz_universe_new(family, arch);

	must(vz_present_index(family, arch, l, fd, &err));
	lseek(fd, 0, SEEK_SET);
	must(vz_universe_add_present(u, 0, fd, &err));
	vz_universe_ready(u);
	return u;
}

static void check(struct vz_universe *u, const struct vz_present_list *l, const char *name, const char *version)
{
	auto_ints struct vz_ints found = {0};
	struct vz_package p;

	vz_universe_named(u, name, &found);
	ck_assert_uint_eq(found.n, 1);
	vz_universe_package(u, found.v[0], &p);
	ck_assert(p.present);
	ck_assert_str_eq(p.version, version);
	ck_assert_str_eq(p.digest, DIGEST);
	ck_assert_uint_eq(p.size, 77);
	ck_assert_ptr_eq(vz_present_at(l, p.location), &l->v[l->n - 1]);
}

START_TEST(test_rpm)
{
	const struct rpm_spec spec = { .files = { { .path = "/usr/bin/tst", .data = "x" } } };
	auto_buf struct vz_buf file = {0};
	struct vz_present there[2];
	struct vz_present_list l = { .v = there, .n = 2, .cap = 2 };
	auto_universe struct vz_universe *u = NULL;
	auto_ints struct vz_ints owners = {0};

	rpm_make(&spec, NULL, &file);
	there[0] = there[1] = present("tst", file.data, file.len);
	l.n = 1;
	/* a record's header has no lead */
	there[0].card += 96;
	there[0].len -= 96;
	u = load("rpm", "x86_64", &l);
	check(u, &l, "tst", "1-1");
	vz_universe_owners(u, "/usr/bin/tst", &owners);
	ck_assert_uint_eq(owners.n, 1);
}
END_TEST

START_TEST(test_deb)
{
	static const char card[] = "Package: a\nVersion: 1.2\nArchitecture: all\nDescription: x\n y";
	struct vz_present there[] = { present("b", "Package: b\nVersion: 3\nArchitecture: amd64\n\n", 0), present("a", card, strlen(card)) };
	struct vz_present_list l = { .v = there, .n = 2, .cap = 2 };
	auto_universe struct vz_universe *u = NULL;

	there[0].len = strlen(there[0].card);
	u = load("deb", "amd64", &l);
	check(u, &l, "a", "1.2");
}
END_TEST

START_TEST(test_refused)
{
	static const struct { const char *family, *card, *why; } cases[] = {
		{ "deb", "Package: a\nVersion: 1\n", "no proper control file" },
		{ "deb", "Package: a\nVersion: 1\n\nArchitecture: all\n", "is not one" },
		{ "deb", "what\n", "the control file of package 'a'" },
		{ "deb", "", "" },
		{ "rpm", "", "the header of package 'a' cannot be read" },
		{ "rpm", "\xed\xab\xee\xdb", "the header of package 'a' cannot be read" },
		{ "tgz", "", "cannot be resolved" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_fd int fd = memfd_create("present", MFD_CLOEXEC);
		struct vz_present there = present("a", cases[i].card, strlen(cases[i].card));
		struct vz_present_list l = { .v = &there, .n = 1, .cap = 1 };

		must_fail(vz_present_index(cases[i].family, "amd64", &l, fd, &err),
			  strcmp(cases[i].family, "tgz") == 0 ? VZ_FAILED : VZ_DAMAGED, cases[i].why);
	}
	ck_assert_ptr_null(vz_present_at(NULL, "present/0"));
	ck_assert_ptr_null(vz_present_at(&(struct vz_present_list){0}, "present/0"));
	ck_assert_ptr_null(vz_present_at(&(struct vz_present_list){0}, "pool/x"));
}
END_TEST

UNIT_MAIN("present", test_rpm, test_deb, test_refused)
