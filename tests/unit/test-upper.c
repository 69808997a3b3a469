/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "link/upper.h"
#include "tests/unit/scratch.h"

START_TEST(test_plan)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_upper_plan struct vz_upper_plan p = {0};
	struct vz_node *file = vz_node_add(t->root, "a", S_IFREG | 0640), *dir = vz_node_add(t->root, "d", S_IFDIR | 0700);
	const struct vz_upper_change *c;

	file->uid = 5;
	vz_node_set_content(file, "new", 3);
	vz_node_set_xattr(file, "user.x", "y", 1);
	vz_upper_add(&p, VZ_UPPER_DIR, VZ_UPPER_PARENT, "/d", dir);
	vz_upper_add(&p, VZ_UPPER_PUT, VZ_UPPER_MERGED, "/d/a", file);
	c = vz_upper_add(&p, VZ_UPPER_DROP, VZ_UPPER_MADE_ANEW, "/b", NULL);
	ck_assert_ptr_null(c->node);
	vz_upper_conflict(&p, "/d/a", "changed by %s", "both");
	vz_tree_free(steal(&t));
	ck_assert_uint_eq(p.n, 3);
	ck_assert_uint_eq(p.changes[0].node->mode, S_IFDIR | 0700);
	c = &p.changes[1];
	ck_assert_str_eq(c->path, "/d/a");
	ck_assert_uint_eq(c->node->uid, 5);
	ck_assert_str_eq(c->node->content, "new");
	ck_assert_ptr_nonnull(vz_node_xattr(c->node, "user.x"));
	ck_assert_str_eq(p.conflicts[0].what, "changed by both");
	for (enum vz_upper_why why = VZ_UPPER_PARENT; why <= VZ_UPPER_BACK; why++)
		ck_assert_ptr_nonnull(vz_upper_why_name(why));
}
END_TEST

/* Only what stands in the upper itself counts; nothing is opened, nothing followed. */
START_TEST(test_look)
{
	auto_scratch char *dir = scratch_new();
	struct vz_upper_seen seen, again;
	struct vz_err err = {0};
	auto_fd int fd = -1;

	must(fd = vz_open_dir(AT_FDCWD, dir, &err));
	must(vz_make_dirs(fd, "etc/a", 0755, &err));
	must(vz_write_file(fd, "etc/a/f", "text", 4, 0644, &err));
	ck_assert_int_eq(symlinkat("a", fd, "etc/link"), 0);
	ck_assert_int_eq(symlinkat("/", fd, "root"), 0);
	ck_assert_int_eq(mkfifoat(fd, "etc/fifo", 0644), 0);
	must(vz_upper_look(fd, "/etc/a/f", &seen, &err));
	ck_assert(seen.there && seen.ino && seen.size == 4);
	must(vz_upper_look(fd, "etc/a/f", &again, &err));
	ck_assert(vz_upper_seen_same(&seen, &again));
	ck_assert_int_eq(fchmodat(fd, "etc/a/f", 0600, 0), 0);
	must(vz_upper_look(fd, "/etc/a/f", &again, &err));
	ck_assert(!vz_upper_seen_same(&seen, &again));
	must(vz_upper_look(fd, "/etc/fifo", &seen, &err));
	ck_assert(seen.there);
	must(vz_upper_look(fd, "/etc/link", &seen, &err));
	ck_assert(seen.there && seen.size == 1);
	must(vz_upper_look(fd, "/", &seen, &err));
	ck_assert(seen.there);
	for (const char *const *p = (const char *const[]){ "/etc/link/f", "/root/etc", "/etc/a/f/x", "/etc/b", "/../x", NULL }; *p; p++) {
		must(vz_upper_look(fd, *p, &seen, &err));
		ck_assert_msg(!seen.there, "%s", *p);
	}
}
END_TEST

UNIT_MAIN("upper", test_plan, test_look)
