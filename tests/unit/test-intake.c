/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include "builder/intake.h"
#include "store/record.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

/* A store that has a record of package "here", and a session that knows no repository. */
struct fixture {
	char *dir;
	struct vz_store *store;
	struct vz_session *session;
	struct vz_plan plan;
	struct vz_plan_package packages[3];
	const struct vz_plan_package *here, *gone;
	struct vz_intake *intake;
};

static void start(struct fixture *f, size_t n_packages)
{
	auto_record struct vz_record *r = vz_record_new("deb");
	struct vz_err err;

	*f = (struct fixture){ .dir = scratch_new() };
	f->store = vz_store_open(f->dir, VZ_STORE_CHANGE, &err);
	ck_assert_ptr_nonnull(f->store);
	f->session = vz_session_new(&(struct vz_resolve_options){ .repos_fd = -1, .offline = true });
	f->packages[0] = (struct vz_plan_package){
		.name = "gone", .repo = "r", .location = "gone.deb", .digest = HEX "0", .size = 7,
	};
	f->packages[1] = (struct vz_plan_package){
		.name = "here", .repo = "r", .location = "here.deb", .digest = HEX "1", .size = 9, .flags = VZ_PLAN_BASE,
	};
	f->gone = &f->packages[0];
	f->here = &f->packages[1];
	f->plan = (struct vz_plan){ .family = "deb", .packages = &f->packages[2 - n_packages], .n_packages = n_packages };
	r->tree = vz_tree_new();
	must(vz_record_put(f->store, f->here->digest, r, &err));
	f->intake = vz_intake_start(&(struct vz_intake_options){ f->store, &f->plan, f->session, NULL }, &err);
	ck_assert_ptr_nonnull(f->intake);
}

static void finish(struct fixture *f)
{
	vz_intake_free(f->intake);
	vz_session_free(f->session);
	vz_store_close(f->store);
	scratch_free(&f->dir);
}

START_TEST(test_all_there)
{
	struct vz_intake_sums sums;
	struct vz_err err;
	struct fixture f;

	start(&f, 1);
	must(vz_intake_wait(f.intake, &f.here, 1, &err));
	must(vz_intake_wait(f.intake, NULL, 0, &err));
	must(vz_intake_finish(f.intake, &sums, &err));
	ck_assert_uint_eq(sums.packages, 0);
	ck_assert_uint_eq(sums.fetched_bytes, 0);
	finish(&f);
}
END_TEST

/* What failed is an error for whoever needs it or all, and for nobody else, now and later. */
START_TEST(test_one_fails)
{
	const struct vz_plan_package *both[2];
	struct vz_intake_sums sums;
	struct vz_err err;
	struct fixture f;

	start(&f, 2);
	both[0] = f.here;
	both[1] = f.gone;
	must_fail(vz_intake_wait(f.intake, both, 2, &err), VZ_UNRESOLVED, "package 'gone' is from repository 'r'");
	must(vz_intake_wait(f.intake, &f.here, 1, &err));
	must_fail(vz_intake_wait(f.intake, &f.gone, 1, &err), VZ_UNRESOLVED, "'gone'");
	must_fail(vz_intake_wait(f.intake, NULL, 0, &err), VZ_UNRESOLVED, "'gone'");
	must_fail(vz_intake_finish(f.intake, &sums, &err), VZ_UNRESOLVED, "'gone'");
	finish(&f);
}
END_TEST

START_TEST(test_nobody_waits)
{
	struct fixture f;

	start(&f, 2);
	finish(&f);
}
END_TEST

UNIT_MAIN("intake", test_all_there, test_one_fails, test_nobody_waits)
