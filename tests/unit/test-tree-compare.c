/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "store/tree_compare.h"
#include "tests/unit/trees.h"

static int line(void *ctx, const struct vz_node *before, const struct vz_node *now)
{
	auto_free char *path = vz_node_path(now ? now : before);

	vz_buf_printf(ctx, "%c%s\n", !before ? '+' : !now ? '-' : '*', path);
	return 0;
}

static int stop(void *ctx, const struct vz_node *before, const struct vz_node *now)
{
	(void)before, (void)now;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

#define A "d /a\nf /a/one 1\nf /a/two 2\nd /b\nd /b/deep\nf /b/deep/x x\nf /c c\nl /d a\nh /e /c\n"
#define B "d /a\nf /a/one 1\nf /a/three 3\nf /a/two two\nf /b file\nf /c c\nl /d b\nh /e /c\nd /f\nf /f/new new\n"

START_TEST(test_compare)
{
	auto_tree struct vz_tree *a = trees_read(A), *b = trees_read(B), *same = trees_read(A);
	auto_buf struct vz_buf got = {0};
	int n = 0;

	vz_buf_puts(&got, "");
	ck_assert_int_eq(vz_tree_compare(a, same, line, &got), 0);
	ck_assert_str_eq(got.data, "");
	vz_tree_find(same, "/c")->mtime++;
	vz_tree_compare(a, same, line, &got);
	ck_assert_str_eq(got.data, "");
	vz_tree_find(same, "/c")->uid = 1;
	vz_tree_compare(a, same, line, &got);
	ck_assert_str_eq(got.data, "*/c\n*/e\n");
	vz_buf_clear(&got);
	ck_assert_int_eq(vz_tree_compare(a, b, line, &got), 0);
	ck_assert_str_eq(got.data, "+/a/three\n*/a/two\n*/b\n-/b/deep\n-/b/deep/x\n*/d\n+/f\n+/f/new\n");
	ck_assert_int_eq(vz_tree_compare(a, b, stop, &n), 7);
	ck_assert_int_eq(n, 2);
}
END_TEST

UNIT_MAIN("tree-compare", test_compare)
