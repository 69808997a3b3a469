/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "resolver/plan.h"

#include <dirent.h>
#include <stdio.h>

#include "base/fd.h"

static struct vz_err err;

static void add(struct vz_plan *p, const char *name, const char *version, const char *location, unsigned flags)
{
	struct vz_plan_package *k;

	vz_grow(p->packages, p->n_packages, p->cap_packages);
	k = &p->packages[p->n_packages++];
	*k = (struct vz_plan_package){ vz_strdup(name), vz_strdup(version), vz_strdup("amd64"), vz_strdup("main"),
				       vz_strdup(location), vz_printf("%064zu", p->n_packages), 4711, flags };
}

static struct vz_plan *sample(void)
{
	struct vz_plan *p = vz_new(struct vz_plan);

	p->name = vz_strdup("debian-12-x86_64");
	p->kind = vz_strdup("os");
	p->arch = vz_strdup("x86_64");
	p->family = vz_strdup("deb");
	p->date = 1700000000;
	p->n_repos = 2;
	p->repos = vz_realloc(NULL, 2, sizeof *p->repos);
	p->repos[0] = (struct vz_plan_repo){ vz_strdup("main"), vz_strdup("deb"), vz_strdup("bookworm"), 1700000000,
					     vz_printf("%064d", 7) };
	p->repos[1] = (struct vz_plan_repo){ vz_strdup("local"), vz_strdup("deb"), vz_strdup("-"), 0, NULL };
	add(p, "libc6", "2.36-9+deb12u10", "pool/libc6_2.36.deb", VZ_PLAN_BASE);
	add(p, "bash", "1:5.2~rc1", "pool/b%3ash_\xc3\xa9.deb", VZ_PLAN_BASE | VZ_PLAN_REQUESTED | VZ_PLAN_ESSENTIAL);
	add(p, "zip", "3.0", "z.deb", 0);
	vz_ids_put(&p->ids, VZ_ID_GROUP, "redis", 102);
	vz_ids_put(&p->ids, VZ_ID_USER, "redis", 101);
	return p;
}

START_TEST(test_round_trip)
{
	auto_plan struct vz_plan *a = sample(), *b = NULL;
	auto_buf struct vz_buf x = {0}, y = {0};

	/* what the metadata reader refuses, the lock refuses */
	free(a->packages[1].location);
	a->packages[1].location = vz_strdup("pool/b%3ash.deb");
	vz_plan_write(a, &x);
	ck_assert_ptr_nonnull(strstr(x.data, "repository local deb %2D 0 -\n"));
	ck_assert_ptr_nonnull(strstr(x.data, " pool/b%253ash.deb base,requested,essential\n"));
	ck_assert_ptr_nonnull(strstr(x.data, " z.deb -\n"));
	b = vz_plan_read(x.data, x.len, "lock", &err);
	ck_assert_msg(b != NULL, "%s", err.msg);
	ck_assert_str_eq(b->repos[1].suite, "-");
	ck_assert_ptr_null(b->repos[1].index_sha256);
	ck_assert_str_eq(b->packages[1].location, "pool/b%3ash.deb");
	ck_assert_uint_eq(b->packages[1].size, 4711);
	vz_plan_write(b, &y);
	ck_assert_str_eq(x.data, y.data);
	ck_assert(vz_plan_same(a, b));
	ck_assert_ptr_nonnull(strstr(x.data, " z.deb -\nid user redis 101\nid group redis 102\n"));
	ck_assert(vz_ids_same(&a->ids, &b->ids));
}
END_TEST

/* What the RPM family has and DEB has not: other digests, two architectures of a name, '^' in versions. */
START_TEST(test_rpm)
{
	auto_free char *text = vz_printf("vzpkg-lock 1\ntemplate x os\narch x86_64\nfamily rpm\ndate 1\nrepository main rpm - 1 -\n"
					 "package glibc 1:2.39-4^git1~rc.vz1 x86_64 main 9 %0128d Packages/g/glibc.rpm -\n"
					 "package glibc 1:2.39-4^git1~rc.vz1 i686 main 9 %096d Packages/g/glibc.i686.rpm -\n", 1, 2);
	auto_plan struct vz_plan *p = vz_plan_read(text, strlen(text), "lock", &err);
	auto_buf struct vz_buf again = {0};
	auto_free char *twice = NULL;

	ck_assert_msg(p != NULL, "%s", err.msg);
	ck_assert_uint_eq(strlen(p->packages[0].digest), 128);
	vz_plan_write(p, &again);
	ck_assert_str_eq(again.data, text);
	twice = vz_printf("%s%s", text, strstr(text, "package glibc"));
	ck_assert_ptr_null(vz_plan_read(twice, strlen(twice), "lock", &err));
	ck_assert_str_eq(err.msg, "lock:9: package 'glibc' is there twice");
}
END_TEST

START_TEST(test_not_ascii)
{
	auto_plan struct vz_plan *a = sample();
	auto_buf struct vz_buf x = {0};

	vz_plan_write(a, &x);
	ck_assert_ptr_nonnull(strstr(x.data, "_%C3%A9.deb"));
	ck_assert_ptr_null(vz_plan_read(x.data, x.len, "lock", &err));
	ck_assert_int_eq(err.code, VZ_USAGE);
}
END_TEST

START_TEST(test_same)
{
	auto_plan struct vz_plan *a = sample(), *b = sample();

	b->date++;
	b->repos[0].date++;
	vz_ids_put(&b->ids, VZ_ID_USER, "redis", 105);
	ck_assert(vz_plan_same(a, b));
	b->packages[2].flags = VZ_PLAN_REQUESTED;
	ck_assert(!vz_plan_same(a, b));
	b->packages[2].flags = 0;
	b->packages[0].digest[0] = 'f';
	ck_assert(!vz_plan_same(a, b));
	b->packages[0].digest[0] = '0';
	b->arch[0] = 'y';
	ck_assert(!vz_plan_same(a, b));
}
END_TEST

/* The first line of each file says what must be complained about. */
START_TEST(test_bad)
{
	auto_free char *dir = vz_printf("%s/tests/fixtures/plan", getenv("top_srcdir"));
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);
	DIR *d = fdopendir(dup(fd));
	unsigned seen = 0;

	ck_assert_ptr_nonnull(d);
	for (struct dirent *e; (e = readdir(d)); ) {
		auto_buf struct vz_buf text = {0};
		auto_free char *expected = NULL;
		char *nl;

		if (!strstr(e->d_name, ".lock"))
			continue;
		must(vz_read_file(fd, e->d_name, 1 << 20, &text, &err));
		nl = strchr(text.data, '\n');
		expected = vz_printf("lock:%.*s", (int)(nl - text.data) - 2, text.data + 2);
		ck_assert_msg(!vz_plan_read(nl + 1, text.len - (size_t)(nl + 1 - text.data), "lock", &err), "%s", e->d_name);
		ck_assert_msg(strncmp(err.msg, expected, strlen(expected)) == 0, "%s: %s", e->d_name, err.msg);
		ck_assert_int_eq(err.code, VZ_USAGE);
		seen++;
	}
	closedir(d);
	ck_assert_uint_gt(seen, 30);
}
END_TEST

START_TEST(test_empty)
{
	ck_assert_ptr_null(vz_plan_read("", 0, "lock", &err));
	ck_assert_str_eq(err.msg, "lock:1: expected 'vzpkg-lock' and 1 field");
}
END_TEST

UNIT_MAIN("plan", test_round_trip, test_rpm, test_not_ascii, test_same, test_bad, test_empty)
