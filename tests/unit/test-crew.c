/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crew.h"

#include <unistd.h>

#include "base/alloc.h"
#include "tests/unit/unit.h"

static int changed;

static int work(void *arg, size_t number, struct vz_buf *ret, struct vz_err *err)
{
	changed = 1;
	vz_buf_printf(ret, "%s %zu", (const char *)arg, number);
	return number == 2 ? vz_err_set(err, VZ_BUSY, "number two cannot") : 0;
}

START_TEST(test_run)
{
	struct vz_crew_member all[5] = {0};

	vz_crew_run(work, (void *)"worker", all, 5);
	ck_assert_int_eq(changed, 0);
	for (size_t i = 0; i < 5; i++) {
		auto_free char *want = vz_printf("worker %zu", i);

		ck_assert_int_eq(all[i].rc, i == 2 ? -1 : 0);
		if (i != 2)
			ck_assert_str_eq(all[i].gave.data, want);
		vz_buf_release(&all[i].gave);
	}
	ck_assert_int_eq(all[2].err.code, VZ_BUSY);
	ck_assert_str_eq(all[2].err.msg, "number two cannot");
	vz_crew_run(work, NULL, NULL, 0);
}
END_TEST

/* Each writes to the next and waits for the one before: they run at once, or never end. */
static int relay(void *arg, size_t number, struct vz_buf *ret, struct vz_err *err)
{
	const int (*pipes)[2] = arg;
	char byte = 'x';

	(void)ret;
	if (write(pipes[(number + 1) % 3][1], &byte, 1) != 1 || read(pipes[number][0], &byte, 1) != 1)
		return vz_err_sys(err, "pass it on");
	return 0;
}

START_TEST(test_at_once)
{
	struct vz_crew_member all[3] = {0};
	int pipes[3][2];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pipe(pipes[i]), 0);
	vz_crew_run(relay, pipes, all, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(all[i].rc, 0);
		vz_buf_release(&all[i].gave);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}
END_TEST

UNIT_MAIN("crew", test_run, test_at_once)
