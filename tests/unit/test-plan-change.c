/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "base/digest.h"
#include "resolver/plan_change.h"

/* "NAME=VERSION[.ARCH][#DIGIT]…": a plan; the digest is made of all that. */
static struct vz_plan *plan(const char *words)
{
	auto_buf struct vz_buf text = {0};
	auto_free char *copy = vz_strdup(words);
	struct vz_err err = {0};
	struct vz_plan *p;
	char *save = NULL;

	vz_buf_puts(&text, "vzpkg-lock 1\ntemplate x os\narch x86_64\nfamily rpm\ndate 1\nrepository main rpm - 1 -\n");
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char name[32], version[32], arch[32] = "x86_64", hex[VZ_HEX_LEN + 1];
		struct vz_digest d;

		vz_sha256(w, strlen(w), &d);
		vz_digest_hex(&d, hex);
		ck_assert_int_ge(sscanf(w, "%31[^=]=%31[^.#].%31[^#]", name, version, arch), 2);
		vz_buf_printf(&text, "package %s %s %s main 1 %s p.rpm -\n", name, version, arch, hex);
	}
	p = vz_plan_read(text.data, text.len, "plan", &err);
	ck_assert_msg(p != NULL, "%s", err.msg);
	return p;
}

static void check(const char *before, const char *now, const char *expected)
{
	auto_plan struct vz_plan *a = plan(before), *b = plan(now);
	auto_plan_changes struct vz_plan_changes c = {0};
	auto_buf struct vz_buf got = {0};

	vz_plan_compare(a, b, &c);
	vz_buf_puts(&got, "");
	for (size_t i = 0; i < c.n; i++) {
		const struct vz_plan_package *x = c.v[i].before, *y = c.v[i].now;

		vz_buf_printf(&got, "%s%s:%s>%s", i ? " " : "", (x ? x : y)->name, x ? x->version : "", y ? y->version : "");
	}
	ck_assert_str_eq(got.data, expected);
}

START_TEST(test_compare)
{
	check("", "", "");
	check("a=1-1", "a=1-1", "");
	check("", "b=1-1 a=1-1", "a:>1-1 b:>1-1");
	check("b=1-1 a=1-1", "", "a:1-1> b:1-1>");
	check("c=1-1 b=1-1 a=1-1", "a=2-1 d=1-1 c=1-1", "a:1-1>2-1 b:1-1> d:>1-1");
	/* order does not matter */
	check("a=1-1 b=1-1", "b=1-1 a=1-1", "");
	/* built again */
	check("a=1-1", "a=1-1#2", "a:1-1>1-1");
	/* another architecture is another package */
	check("a=1-1", "a=1-1.i686", "a:>1-1 a:1-1>");
}
END_TEST

UNIT_MAIN("plan-change", test_compare)
