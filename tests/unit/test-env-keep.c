/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <sys/stat.h>

#include "link/env.h"

/* The `i`th of the compositions that the environments here move between: all show one image. */
static struct vz_composition composition(const struct root *r, unsigned i)
{
	struct vz_composition c = { .template_name = vz_strdup("small"), .template_version = i, .image = r->image };

	memset(&c.plan, (int)i, sizeof c.plan);
	return c;
}

/* An environment with generations 1 to `n`. */
static void make(const struct root *r, const char *name, unsigned n)
{
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	for (unsigned i = 1; i <= n; i++) {
		auto_composition struct vz_composition c = composition(r, i);
		const struct vz_env_move m = { .name = name, .to = &c, .reason = "update" };
		struct vz_env_moved moved = {0};

		if (i == 1) {
			must(vz_env_create(r->store, name, &c, &e, &err));
			continue;
		}
		must(vz_env_move(r->store, &m, &moved, &err));
		ck_assert_uint_eq(moved.after.generation, i);
		vz_env_moved_release(&moved);
	}
}

static void go_back(const struct root *r, const char *name, unsigned to)
{
	const struct vz_env_move m = { .name = name, .back_to = to };
	struct vz_env_moved moved = {0};
	struct vz_err err = {0};

	must(vz_env_move(r->store, &m, &moved, &err));
	vz_env_moved_release(&moved);
}

static void check_surplus(const struct root *r, const char *name, unsigned keep, const char *want)
{
	struct vz_err err = {0};
	size_t n = 0;
	auto_free unsigned *list = vz_env_surplus(r->store, name, keep, &n, &err);
	auto_buf struct vz_buf got = {0};

	ck_assert_msg(list != NULL, "%s", err.msg);
	vz_buf_puts(&got, "");
	for (size_t i = 0; i < n; i++)
		vz_buf_printf(&got, "%u ", list[i]);
	ck_assert_str_eq(got.data, want);
}

START_TEST(test_surplus)
{
	auto_root struct root r = root_new();
	struct vz_err err = {0};
	size_t n;

	make(&r, "one", 1);
	check_surplus(&r, "one", 0, "");
	make(&r, "six", 6);
	check_surplus(&r, "six", 6, "");
	check_surplus(&r, "six", 4, "1 2 ");
	check_surplus(&r, "six", 0, "1 2 3 4 5 ");
	/* the current one stays however old it is */
	go_back(&r, "six", 2);
	check_surplus(&r, "six", 3, "1 3 ");
	ck_assert_ptr_null(vz_env_surplus(r.store, "none", 1, &n, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
}
END_TEST

START_TEST(test_forget)
{
	auto_root struct root r = root_new();
	struct vz_err err = {0};
	size_t n;
	unsigned *list;

	make(&r, "e", 4);
	must(vz_make_dirs(vz_store_fd(r.store), "envs/e/generations/2.undo/below", 0700, &err));
	must_fail(vz_env_forget(r.store, "e", 4, &err), VZ_BUSY, "is the current one");
	must_fail(vz_env_forget(r.store, "e", 9, &err), VZ_NOTFOUND, "has no generation 9");
	must_fail(vz_env_forget(r.store, "none", 1, &err), VZ_NOTFOUND, "no environment 'none'");
	must_fail(vz_env_forget(r.store, "../e", 1, &err), VZ_NOTFOUND, "no environment");
	must(vz_env_forget(r.store, "e", 2, &err));
	ck_assert_int_ne(faccessat(vz_store_fd(r.store), "envs/e/generations/2.undo", F_OK, 0), 0);
	must_fail(vz_env_forget(r.store, "e", 2, &err), VZ_NOTFOUND, "has no generation 2");
	list = vz_env_generations(r.store, "e", &n, &err);
	ck_assert(n == 3 && list[0] == 1 && list[1] == 3 && list[2] == 4);
	free(list);
	go_back(&r, "e", 1);
}
END_TEST

START_TEST(test_roots)
{
	static const unsigned without[] = { 1, 3 };
	auto_root struct root r = root_new();
	auto_live struct vz_live l = {0};
	struct vz_err err = {0};

	make(&r, "e", 4);
	vz_env_add_roots(r.store, "e", without, 2, VZ_LIVE_ENV + 5, &l);
	ck_assert(!l.unknown_roots);
	ck_assert_uint_eq(vz_live_holder(&l.versions, "small@2"), VZ_LIVE_ENV + 5);
	ck_assert_uint_eq(vz_live_holder(&l.versions, "small@4"), VZ_LIVE_ENV + 5);
	ck_assert_uint_eq(l.versions.n, 2);
	ck_assert_uint_eq(l.plans.n, 2);
	ck_assert_uint_eq(vz_digests_get(&l.images, &r.image), VZ_LIVE_ENV + 5);
	/* two that show one image share it */
	make(&r, "f", 1);
	vz_env_add_roots(r.store, "f", NULL, 0, VZ_LIVE_ENV, &l);
	ck_assert_uint_eq(vz_digests_get(&l.images, &r.image), VZ_LIVE_SHARED);
	ck_assert_uint_eq(vz_live_holder(&l.versions, "small@1"), VZ_LIVE_ENV);
	/* a generation that cannot be read may need anything */
	must(vz_write_file(vz_store_fd(r.store), "envs/e/generations/2", "{}\n", 3, 0600, &err));
	vz_env_add_roots(r.store, "e", NULL, 0, VZ_LIVE_ENV, &l);
	ck_assert(l.unknown_roots && l.unread.n == 1);
	ck_assert_ptr_nonnull(strstr(l.unread.v[0], "environment 'e', generation 2"));
}
END_TEST

UNIT_MAIN("env-keep", test_surplus, test_forget, test_roots)
