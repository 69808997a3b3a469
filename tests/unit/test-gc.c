/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/keep.h"

#include <sys/file.h>
#include <sys/wait.h>

#include "base/usage.h"
#include "store/gc.h"
#include "store/outcome.h"
#include "store/plans.h"

enum { ONE = VZ_LIVE_ENV, TWO };

static const struct vz_digest none;

static void write_file(const struct keep *k, const char *path, size_t len)
{
	static const char bytes[10000] = "x";
	struct vz_err err = {0};

	must(vz_write_file(vz_store_fd(k->store), path, bytes, len, 0600, &err));
}

static uint64_t total(const struct vz_gc *g)
{
	uint64_t sum = 0;

	for (int i = 0; i < VZ_GC_KINDS; i++)
		sum += g->goes[i].bytes;
	return sum;
}

static uint64_t usage(const struct keep *k)
{
	uint64_t bytes = 0;
	struct vz_err err = {0};

	must(vz_usage(vz_store_fd(k->store), ".", &bytes, &err));
	return bytes;
}

/* One of everything that is live, and one that is not. */
struct pair {
	struct vz_digest live, dead, plan, old_plan;
	char *record, *old_record;
};

static struct pair make_pair(const struct keep *k)
{
	struct pair p = { keep_image(k, "ab"), keep_image(k, "bc"), none, none, keep_record(k, '1', "ad"), keep_record(k, '2', "ce") };
	const struct vz_outcome outcome = { .image = p.live }, old = { .image = p.dead };
	struct vz_err err = {0};

	must(vz_plans_put(k->store, "kept\n", 5, &p.plan, &err));
	must(vz_plans_put(k->store, "old\n", 4, &p.old_plan, &err));
	must(vz_outcome_write(k->store, "0000000000000000000000000000000000000000000000000000000000000001", &outcome, &err));
	must(vz_outcome_write(k->store, "0000000000000000000000000000000000000000000000000000000000000002", &old, &err));
	return p;
}

static void pair_release(struct pair *p)
{
	free(p->record);
	free(p->old_record);
}
#define auto_pair __attribute__((cleanup(pair_release)))

static void mark(const struct keep *k, const struct pair *p, struct vz_live *l)
{
	struct vz_err err = {0};

	vz_live_add_image(l, &p->live, ONE);
	vz_live_add_plan(l, &p->plan, VZ_LIVE_SHARED);
	vz_live_add_record(l, p->record, TWO);
	must(vz_live_mark(k->store, l, NULL, &err));
}

START_TEST(test_run)
{
	auto_keep struct keep k = keep_new();
	auto_pair struct pair p = make_pair(&k);
	auto_live struct vz_live l = {0};
	uint64_t held[VZ_LIVE_ENV + 2] = {0}, before, after;
	auto_gc struct vz_gc g = { .held = held, .n_held = VZ_LIVE_ENV + 2 }, again = {0};
	struct vz_err err = {0};

	keep_object(&k, 'x');
	mark(&k, &p, &l);
	must(vz_gc_plan(k.store, &l, &g, NULL, &err));
	ck_assert_uint_eq(g.stays[VZ_GC_OBJECTS].n, 3);      /* a b d */
	ck_assert_uint_eq(g.goes[VZ_GC_OBJECTS].n, 3);       /* c e x */
	for (int i = 0; i < VZ_GC_OBJECTS; i++)
		ck_assert_msg(g.goes[i].n == (i == VZ_GC_LEFTOVERS ? 0 : 1), "kind %d: %llu go", i, (unsigned long long)g.goes[i].n);
	ck_assert_uint_eq(g.strange.n, 0);
	/* b and the image are One's; d and the record Two's; a is both's */
	ck_assert_uint_eq(held[ONE], 4096 + g.stays[VZ_GC_IMAGES].bytes + g.stays[VZ_GC_OUTCOMES].bytes);
	ck_assert_uint_eq(held[TWO], 4096 + g.stays[VZ_GC_RECORDS].bytes);
	ck_assert_uint_eq(held[VZ_LIVE_SHARED], 4096 + g.stays[VZ_GC_PLANS].bytes);

	must(vz_store_stage(k.store, &err));
	before = usage(&k);
	must(vz_gc_run(k.store, &g, NULL, &err));
	after = usage(&k);
	ck_assert_uint_eq(before - after, total(&g));
	for (const char *c = "abcdex"; *c; c++)
		ck_assert_msg(keep_has(&k, *c) == (strchr("abd", *c) != NULL), "object %c", *c);
	ck_assert(keep_has_image(&k, &p.live) && !keep_has_image(&k, &p.dead));
	ck_assert(vz_record_has(k.store, p.record) && !vz_record_has(k.store, p.old_record));
	/* and then there is nothing to do */
	must(vz_gc_plan(k.store, &l, &again, NULL, &err));
	ck_assert_uint_eq(total(&again), 0);
}
END_TEST

/* What could not be read may need anything. */
START_TEST(test_unknown)
{
	auto_keep struct keep k = keep_new();
	auto_pair struct pair p = make_pair(&k);
	struct vz_err why, err = {0};

	vz_err_set(&why, VZ_DAMAGED, "damaged");
	for (int i = 0; i < 2; i++) {
		auto_live struct vz_live l = {0};
		auto_gc struct vz_gc g = {0};

		if (i)
			vz_live_add_unknown(&l, &why);
		else
			vz_live_add_image(&l, &none, ONE);
		mark(&k, &p, &l);
		must(vz_gc_plan(k.store, &l, &g, NULL, &err));
		ck_assert_uint_eq(g.goes[VZ_GC_OBJECTS].n, 0);
		ck_assert_uint_eq(g.goes[VZ_GC_IMAGES].n, i ? 0 : 1);
		ck_assert_uint_eq(g.goes[VZ_GC_RECORDS].n, i ? 0 : 1);
		ck_assert_uint_eq(g.goes[VZ_GC_PLANS].n, i ? 0 : 1);
		ck_assert_uint_eq(g.goes[VZ_GC_OUTCOMES].n, 1);
	}
}
END_TEST

START_TEST(test_leftovers)
{
	static const char *const go[] = {
		"trash/damaged", "version.tmp.12.3", "compositions/x.tmp.1.2", "templates/t/current.tmp.77.1", "repos/r/state.tmp.1.1",
		"locks/env-gone", "locks/composition-gone", "locks/template-gone",
	}, *const stay[] = {
		"locks/env-here", "locks/store", "locks/template-t", "images/x.erofs", "objects/ab/xyz", "packages/README", "templates/t/tmp.x",
		"envs/here/env.json.tmp.1.2",
	};
	auto_keep struct keep k = keep_new();
	auto_live struct vz_live l = {0};
	auto_gc struct vz_gc g = {0}, again = {0};
	struct vz_err err = {0};
	auto_fd int held = -1;

	must(vz_make_dirs(vz_store_fd(k.store), "trash/tree/deep", 0700, &err));
	must(vz_make_dirs(vz_store_fd(k.store), "templates/t", 0700, &err));
	must(vz_make_dirs(vz_store_fd(k.store), "repos/r", 0700, &err));
	must(vz_make_dirs(vz_store_fd(k.store), "envs/here", 0700, &err));
	must(vz_make_dirs(vz_store_fd(k.store), "objects/ab", 0700, &err));
	for (size_t i = 0; i < sizeof go / sizeof *go; i++)
		write_file(&k, go[i], i ? 10 : 9000);
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		if (strcmp(stay[i], "locks/store"))
			write_file(&k, stay[i], 10);
	write_file(&k, "locks/env-held", 0);
	must(held = vz_open(vz_store_fd(k.store), "locks/env-held", O_RDONLY, 0, &err));
	ck_assert_int_eq(flock(held, LOCK_EX), 0);

	must(vz_gc_plan(k.store, &l, &g, NULL, &err));
	ck_assert_uint_eq(g.goes[VZ_GC_LEFTOVERS].n, sizeof go / sizeof *go + 2);
	ck_assert_uint_ge(g.goes[VZ_GC_LEFTOVERS].bytes, 9000);
	ck_assert_uint_eq(g.strange.n, 3);
	must(vz_gc_run(k.store, &g, NULL, &err));
	for (size_t i = 0; i < sizeof go / sizeof *go; i++)
		ck_assert_msg(faccessat(vz_store_fd(k.store), go[i], F_OK, 0) < 0, "'%s' stayed", go[i]);
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		ck_assert_msg(faccessat(vz_store_fd(k.store), stay[i], F_OK, 0) == 0, "'%s' went", stay[i]);
	ck_assert(!keep_has_file(&k, "trash", "tree"));
	/* one that somebody has stays, and goes the next time */
	ck_assert(keep_has_file(&k, "locks", "env-held"));
	must(vz_gc_plan(k.store, &l, &again, NULL, &err));
	ck_assert_uint_eq(again.goes[VZ_GC_LEFTOVERS].n, 1);
}
END_TEST

/* Who waits for a lock that collection removes gets a new one, not a file that nobody else will find. */
START_TEST(test_lock_that_goes)
{
	auto_keep struct keep k = keep_new();
	struct vz_err err = {0};
	auto_fd int old = -1;
	struct stat st;
	pid_t pid;
	int status;

	must(old = vz_store_lock(k.store, "env", "e", true, &err));
	pid = fork();
	if (pid == 0) {
		close(old);
		old = vz_store_lock(k.store, "env", "e", true, &err);
		_exit(old < 0 || fstat(old, &st) < 0 || !st.st_nlink);
	}
	usleep(200000);
	ck_assert_int_eq(unlinkat(vz_store_fd(k.store), "locks/env-e", 0), 0);
	close(steal_fd(&old));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(keep_has_file(&k, "locks", "env-e"));
}
END_TEST

UNIT_MAIN("gc", test_run, test_unknown, test_leftovers, test_lock_that_goes)
