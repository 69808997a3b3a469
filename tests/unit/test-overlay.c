/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "builder/overlay.h"
#include "tests/unit/trees.h"

static const char lower_text[] =
	"d /dir\nf /dir/a one\nf /dir/b two\nd /dir/sub\nf /dir/sub/c three\n"
	"f /plain four\nh /second /plain\nl /sym plain\n";

static void mark(struct vz_tree *t, const char *path, const char *key, const char *value)
{
	struct vz_node *n = vz_tree_find(t, path);

	ck_assert_ptr_nonnull(n);
	vz_node_set_xattr(n, key, value, strlen(value));
}

static void expect(const char *upper_text, void (*marks)(struct vz_tree *), const char *expected)
{
	struct vz_tree *lower = trees_read(lower_text), *upper = trees_read(upper_text);
	struct vz_err err;

	if (marks)
		marks(upper);
	must(vz_overlay_apply(lower, upper, &err));
	trees_equal(lower, expected);
	vz_tree_free(lower);
	vz_tree_free(upper);
}

START_TEST(test_nothing)
{
	expect("", NULL, lower_text);
}
END_TEST

START_TEST(test_plain)
{
	expect("d /dir\nf /dir/a changed\nf /dir/n new\nw /dir/sub\nw /second\nw /absent\nd /sym\nf /sym/x y\n", NULL,
	       "d /dir\nf /dir/a changed\nf /dir/b two\nf /dir/n new\nf /plain four\nd /sym\nf /sym/x y\n");
}
END_TEST

static void opaque(struct vz_tree *t)
{
	mark(t, "/dir", "trusted.overlay.opaque", "y");
}

START_TEST(test_opaque)
{
	expect("d /dir\nf /dir/n new\n", opaque, "d /dir\nf /dir/n new\nf /plain four\nh /second /plain\nl /sym plain\n");
}
END_TEST

/* mv dir moved; mv moved/sub top; rm moved/a; echo new > moved/n */
static void renamed(struct vz_tree *t)
{
	mark(t, "/moved", "trusted.overlay.redirect", "/dir");
	mark(t, "/top", "trusted.overlay.redirect", "/dir/sub");
}

START_TEST(test_renamed)
{
	expect("w /dir\nd /moved\nw /moved/a\nf /moved/n new\nw /moved/sub\nd /top\n", renamed,
	       "d /moved\nf /moved/b two\nf /moved/n new\nf /plain four\nh /second /plain\nl /sym plain\n"
	       "d /top\nf /top/c three\n");
}
END_TEST

/* mkdir n; mv dir n/; mv n dir: the new place is below the old one */
static void swallowed(struct vz_tree *t)
{
	mark(t, "/dir", "trusted.overlay.opaque", "y");
	mark(t, "/dir/dir", "trusted.overlay.redirect", "/dir");
}

START_TEST(test_swallowed)
{
	expect("d /dir\nd /dir/dir\n", swallowed,
	       "d /dir\nd /dir/dir\nf /dir/dir/a one\nf /dir/dir/b two\nd /dir/dir/sub\nf /dir/dir/sub/c three\n"
	       "f /plain four\nh /second /plain\nl /sym plain\n");
}
END_TEST

/* chmod dir/a; mv dir/b dir/z; mv plain dir/p */
static void metacopies(struct vz_tree *t)
{
	mark(t, "/dir/a", "trusted.overlay.metacopy", "");
	mark(t, "/dir/z", "trusted.overlay.metacopy", "");
	mark(t, "/dir/z", "trusted.overlay.redirect", "b");
	mark(t, "/dir/p", "trusted.overlay.metacopy", "");
	mark(t, "/dir/p", "trusted.overlay.redirect", "/plain");
	mark(t, "/dir/p", "user.kept", "yes");
	vz_tree_find(t, "/dir/a")->mode = S_IFREG | 0400;
}

START_TEST(test_metacopy)
{
	struct vz_tree *lower = trees_read(lower_text);
	struct vz_tree *upper = trees_read("d /dir\nf /dir/a\nw /dir/b\nf /dir/p\nf /dir/z\nw /plain\n");
	struct vz_err err;

	metacopies(upper);
	vz_tree_find(lower, "/dir/a")->owner = 7;
	must(vz_overlay_apply(lower, upper, &err));
	trees_equal(lower, "d /dir\nf /dir/a one\nf /dir/p four\nd /dir/sub\nf /dir/sub/c three\nf /dir/z two\n"
			   "f /second four\nl /sym plain\n");
	ck_assert_uint_eq(vz_tree_find(lower, "/dir/a")->mode, S_IFREG | 0400);
	ck_assert_uint_eq(vz_tree_find(lower, "/dir/a")->owner, 7);
	ck_assert_uint_eq(vz_tree_find(lower, "/dir/p")->n_xattrs, 1);
	ck_assert_ptr_nonnull(vz_node_xattr(vz_tree_find(lower, "/dir/p"), "user.kept"));
	vz_tree_free(lower);
	vz_tree_free(upper);
}
END_TEST

START_TEST(test_hard_links)
{
	expect("f /n new\nh /plain /n\nh /sym /n\n", NULL,
	       "d /dir\nf /dir/a one\nf /dir/b two\nd /dir/sub\nf /dir/sub/c three\nf /n new\nh /plain /n\n"
	       "f /second four\nh /sym /n\n");
}
END_TEST

START_TEST(test_damaged)
{
	static const char *const targets[] = { "/", "" };
	struct vz_err err;

	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct vz_tree *lower = trees_read(lower_text), *upper = trees_read("d /new\n");

		mark(upper, "/new", "trusted.overlay.redirect", targets[i]);
		must_fail(vz_overlay_apply(lower, upper, &err), VZ_DAMAGED, "'/new'");
		vz_tree_free(lower);
		vz_tree_free(upper);
	}
}
END_TEST

/* What was renamed may be gone from a newer lower layer; what is at its own place is not what it shows. */
START_TEST(test_renamed_lost)
{
	static const char *const targets[] = { "/absent", "/plain", "absent" };
	struct vz_err err;

	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct vz_tree *lower = trees_read("d /dir\nf /dir/old old\nf /plain text\n");
		struct vz_tree *upper = trees_read("d /dir\nf /dir/mine mine\n");

		mark(upper, "/dir", "trusted.overlay.redirect", targets[i]);
		must(vz_overlay_apply(lower, upper, &err));
		trees_equal(lower, "d /dir\nf /dir/mine mine\nf /plain text\n");
		vz_tree_free(lower);
		vz_tree_free(upper);
	}
}
END_TEST

START_TEST(test_renamed_twice)
{
	struct vz_tree *lower = trees_read(lower_text), *upper = trees_read("d /x\nd /y\n");
	struct vz_err err;

	mark(upper, "/x", "trusted.overlay.redirect", "/dir");
	mark(upper, "/y", "trusted.overlay.redirect", "/dir");
	must_fail(vz_overlay_apply(lower, upper, &err), VZ_DAMAGED, "'/y'");
	vz_tree_free(lower);
	vz_tree_free(upper);
}
END_TEST

UNIT_MAIN("overlay", test_nothing, test_plain, test_opaque, test_renamed, test_swallowed, test_metacopy,
	  test_hard_links, test_damaged, test_renamed_lost, test_renamed_twice)
