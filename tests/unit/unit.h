/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every Check program here needs: one suite, one runner, two assertions about vz_err. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A call that must succeed; prints the error if it does not. `err` must be in scope. */
#define must(call) \
	do { \
		if ((call) < 0) \
			ck_abort_msg("%s: %s", #call, err.msg); \
	} while (0)

/* A call that must fail with `code` and a message that contains `text`. */
#define must_fail(call, code_, text) \
	do { \
		if ((call) >= 0) \
			ck_abort_msg("%s: succeeded", #call); \
		ck_assert_msg(err.code == (code_), "%s: code %d: %s", #call, err.code, err.msg); \
		ck_assert_msg(strstr(err.msg, (text)), "%s: %s", #call, err.msg); \
	} while (0)

/* Put at the end of a test program: UNIT_MAIN("table", test_a, test_b) */
#define UNIT_MAIN(name, ...) \
	int main(void) \
	{ \
		const TTest *const tests[] = { __VA_ARGS__ }; \
		Suite *suite = suite_create(name); \
		TCase *tc = tcase_create(name); \
		SRunner *runner; \
		int failed; \
\
		tcase_set_timeout(tc, 120); \
		for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) \
			tcase_add_test(tc, tests[i]); \
		suite_add_tcase(suite, tc); \
		runner = srunner_create(suite); \
		srunner_run_all(runner, CK_NORMAL); \
		failed = srunner_ntests_failed(runner); \
		srunner_free(runner); \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS; \
	}

#endif
