/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>

#include "base/pool.h"

static int count;

static int job(void *arg, struct vz_err *err)
{
	__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	return arg ? vz_err_set(err, VZ_SCRIPT, "job failed") : 0;
}

START_TEST(test_all_run)
{
	struct vz_pool *p = vz_pool_new(4);
	struct vz_err err = {0};

	count = 0;
	for (int i = 0; i < 1000; i++)
		vz_pool_add(p, job, NULL);
	must(vz_pool_finish(p, &err));
	ck_assert_int_eq(count, 1000);
	vz_pool_free(p);
}
END_TEST

START_TEST(test_first_failure_stops)
{
	struct vz_pool *p = vz_pool_new(2);
	struct vz_err err = {0};

	for (int i = 0; i < 100; i++)
		vz_pool_add(p, job, i == 3 ? p : NULL);
	must_fail(vz_pool_finish(p, &err), VZ_SCRIPT, "job failed");
	ck_assert(vz_pool_failed(p));
	vz_pool_free(p);
}
END_TEST

static int blocked(void *arg, struct vz_err *err)
{
	(void)err;
	return pthread_sigmask(SIG_SETMASK, NULL, arg);
}

START_TEST(test_no_signals)
{
	struct vz_pool *p = vz_pool_new(1);
	struct vz_err err = {0};
	sigset_t there, here;

	sigemptyset(&there);
	vz_pool_add(p, blocked, &there);
	must(vz_pool_finish(p, &err));
	vz_pool_free(p);
	ck_assert(sigismember(&there, SIGINT) && sigismember(&there, SIGTERM));
	must(pthread_sigmask(SIG_SETMASK, NULL, &here));
	ck_assert(!sigismember(&here, SIGINT));
}
END_TEST

UNIT_MAIN("pool", test_all_run, test_first_failure_stops, test_no_signals)
