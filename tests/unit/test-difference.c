/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "builder/overlay.h"
#include "share/difference.h"
#include "tests/unit/trees.h"

/* The difference as text with whiteouts, and that putting it over `from` gives `to`. */
static void check(const char *from_text, const char *to_text, const char *want)
{
	auto_tree struct vz_tree *from = trees_read(from_text), *to = trees_read(to_text), *d = vz_difference(from, to);
	auto_free char *expected = trees_text(to);
	struct vz_err err = {0};

	if (!want) {
		ck_assert_ptr_null(d);
		return;
	}
	trees_equal(d, want);
	must(vz_overlay_apply(from, d, &err));
	trees_equal(from, expected);
}

START_TEST(test_differences)
{
	check("d /a\nf /a/b x\n", "d /a\nf /a/b x\n", NULL);
	check("d /a\nf /a/b x\nf /c y\n", "d /a\nf /a/b z\nf /c y\n", "d /a\nf /a/b z\n");
	check("d /a\nf /a/b x\nf /c y\n", "d /a\nf /c y\n", "d /a\nc /a/b 0\n");
	check("d /a\nd /a/b\nf /a/b/c x\n", "f /a x\n", "f /a x\n");
	check("f /a x\n", "d /a\nd /a/b\n", "d /a\nd /a/b\n");
	check("d /a\nf /a/b x\nl /l a\n", "l /l b\n", "c /a 0\nl /l b\n");
}
END_TEST

START_TEST(test_links)
{
	/* unchanged, a name less, a name more, other names */
	check("f /a x\nh /b /a\n", "f /a x\nh /b /a\n", NULL);
	check("f /a x\nh /b /a\nh /c /a\n", "f /a x\nh /b /a\n", "f /a x\nh /b /a\nc /c 0\n");
	check("f /a x\nh /b /a\n", "f /a x\nh /b /a\nh /c /a\n", "f /a x\nh /b /a\nh /c /a\n");
	check("f /a x\nh /b /a\nf /c x\n", "f /a x\nf /b x\nh /c /a\n", "f /a x\nf /b x\nh /c /a\n");
	check("f /a x\nh /b /a\n", "f /a x\nf /b x\n", "f /a x\nf /b x\n");
}
END_TEST

START_TEST(test_metadata)
{
	auto_tree struct vz_tree *from = trees_read("d /a\nf /a/b x\nd /c\n"), *to = vz_tree_copy(from), *d = NULL;

	vz_tree_find(to, "/c")->mtime = 7;
	vz_node_set_xattr(vz_tree_find(to, "/a/b"), "user.x", "1", 1);
	to->root->mode = S_IFDIR | 0700;
	d = vz_difference(from, to);
	trees_equal(d, "d /a\nf /a/b x\nd /c\n");
	ck_assert_int_eq(vz_tree_find(d, "/c")->mtime, 7);
	ck_assert_int_eq(d->root->mode, S_IFDIR | 0700);
	ck_assert_ptr_nonnull(vz_node_xattr(vz_tree_find(d, "/a/b"), "user.x"));
}
END_TEST

UNIT_MAIN("difference", test_differences, test_links, test_metadata)
