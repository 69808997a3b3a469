/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "base/buf.h"
#include "store/tree.h"

#include <stdio.h>

static struct vz_node *file(struct vz_tree *t, const char *path)
{
	const char *name;
	struct vz_node *dir = vz_tree_parent(t, path, &name);

	ck_assert_ptr_nonnull(dir);
	return vz_node_add(dir, name, S_IFREG | 0644);
}

static struct vz_node *symlink_to(struct vz_tree *t, const char *path, const char *target)
{
	struct vz_node *n = file(t, path);

	n->mode = S_IFLNK | 0777;
	vz_node_set_symlink(n, target);
	return n;
}

static void is_sorted(const struct vz_node *dir)
{
	for (size_t i = 1; i < dir->n_children; i++)
		ck_assert_int_lt(strcmp(dir->children[i - 1]->name, dir->children[i]->name), 0);
	for (size_t i = 0; i < dir->n_children; i++)
		ck_assert_ptr_eq(dir->children[i]->parent, dir);
}

START_TEST(test_children)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	char name[16];

	ck_assert_uint_eq(t->root->mode, S_IFDIR | 0755);
	ck_assert_str_eq(t->root->name, "");
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "%u", i * 7919 % 2000);
		vz_node_add(t->root, name, S_IFREG);
	}
	vz_node_add(t->root, "\xff", S_IFREG);
	vz_node_add(t->root, "!", S_IFREG);
	ck_assert_uint_eq(t->root->n_children, 2002);
	is_sorted(t->root);
	ck_assert_str_eq(t->root->children[0]->name, "!");
	ck_assert_str_eq(t->root->children[2001]->name, "\xff");
	ck_assert_str_eq(vz_node_child(t->root, "1234567", 4)->name, "1234");
	ck_assert_ptr_null(vz_node_child(t->root, "12345", 5));
	ck_assert_ptr_null(vz_node_child(t->root, "", 0));
	ck_assert_ptr_null(vz_node_child(t->root, "1\0x", 3));
}
END_TEST

START_TEST(test_names)
{
	char longest[257];

	memset(longest, 'n', 256);
	longest[256] = 0;
	ck_assert(vz_node_name_is_valid(longest, 255));
	ck_assert(!vz_node_name_is_valid(longest, 256));
	ck_assert(vz_node_name_is_valid("...", 3));
	ck_assert(vz_node_name_is_valid(".a", 2));
	ck_assert(!vz_node_name_is_valid("", 0));
	ck_assert(!vz_node_name_is_valid(".", 1));
	ck_assert(!vz_node_name_is_valid("..", 2));
	ck_assert(!vz_node_name_is_valid("a/b", 3));
	ck_assert(!vz_node_name_is_valid("a\0b", 3));
}
END_TEST

START_TEST(test_find)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_free char *path = NULL, *root = NULL;
	struct vz_node *n;

	ck_assert_ptr_nonnull(vz_tree_make_dirs(t, "/usr/share/doc", 0750, 5));
	n = file(t, "/usr/share/doc/x");
	ck_assert_ptr_eq(vz_tree_find(t, "usr//share/./doc/x"), n);
	ck_assert_ptr_eq(vz_tree_find(t, "/"), t->root);
	ck_assert_ptr_null(vz_tree_find(t, "/usr/share/doc/x/y"));
	ck_assert_ptr_null(vz_tree_find(t, "/usr/../usr"));
	ck_assert_uint_eq(vz_tree_find(t, "/usr/share")->mode, S_IFDIR | 0750);
	ck_assert_int_eq(vz_tree_find(t, "/usr/share")->mtime, 5);
	path = vz_node_path(n);
	ck_assert_str_eq(path, "/usr/share/doc/x");
	root = vz_node_path(t->root);
	ck_assert_str_eq(root, "/");
}
END_TEST

START_TEST(test_lookup)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	const char *name = NULL;
	struct vz_node *sh, *bin, *lib;

	lib = vz_tree_make_dirs(t, "/usr/lib", 0755, 0);
	vz_tree_make_dirs(t, "/usr/bin", 0755, 0);
	sh = file(t, "/usr/bin/sh");
	bin = symlink_to(t, "/bin", "usr/bin");
	symlink_to(t, "/usr/bin/dash", "/bin/../../../bin/sh");
	symlink_to(t, "/loop", "loop");
	symlink_to(t, "/up", "nothing/here");
	symlink_to(t, "/usr/lib64", "lib/.");

	ck_assert_ptr_eq(vz_tree_lookup(t, "/bin/dash", true), sh);
	ck_assert_ptr_ne(vz_tree_lookup(t, "/bin/dash", false), sh);
	ck_assert_ptr_eq(vz_tree_lookup(t, "/bin", false), bin);
	ck_assert_ptr_eq(vz_tree_lookup(t, "/bin/", false), sh->parent);
	ck_assert_ptr_eq(vz_tree_lookup(t, "../bin/./sh", true), sh);
	ck_assert_ptr_null(vz_tree_lookup(t, "/bin/sh/", true));
	ck_assert_ptr_null(vz_tree_lookup(t, "/bin/sh/..", true));
	ck_assert_ptr_null(vz_tree_lookup(t, "/loop", true));
	ck_assert_ptr_null(vz_tree_lookup(t, "/up", true));
	ck_assert_ptr_eq(vz_tree_lookup(t, "/usr/lib64", true), lib);

	ck_assert_ptr_eq(vz_tree_parent(t, "/bin/new", &name), sh->parent);
	ck_assert_str_eq(name, "new");
	ck_assert_ptr_eq(vz_tree_parent(t, "top", &name), t->root);
	ck_assert_str_eq(name, "top");
	ck_assert_ptr_null(vz_tree_parent(t, "/bin/new/", &name));
	ck_assert_ptr_null(vz_tree_parent(t, "/bin/..", &name));
	ck_assert_ptr_null(vz_tree_parent(t, "/bin/sh/x", &name));
	ck_assert_ptr_null(vz_tree_parent(t, "/absent/x", &name));

	ck_assert_ptr_eq(vz_tree_make_dirs(t, "/bin/sub", 0755, 0)->parent, sh->parent);
	ck_assert_ptr_null(vz_tree_make_dirs(t, "/bin/sh/sub", 0755, 0));
	ck_assert_ptr_null(vz_tree_make_dirs(t, "/up/sub", 0755, 0));
	ck_assert_ptr_null(vz_tree_make_dirs(t, "/loop/sub", 0755, 0));
}
END_TEST

START_TEST(test_links_chain)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	char path[16], target[16];

	vz_tree_make_dirs(t, "/d", 0755, 0);
	symlink_to(t, "/l0", "d");
	for (int i = 1; i < 42; i++) {
		snprintf(path, sizeof path, "/l%d", i);
		snprintf(target, sizeof target, "l%d", i - 1);
		symlink_to(t, path, target);
	}
	ck_assert_ptr_nonnull(vz_tree_lookup(t, "/l39", true));
	ck_assert_ptr_null(vz_tree_lookup(t, "/l40", true));
}
END_TEST

START_TEST(test_remove_keeps_links)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *inode, *a, *b, *inner;

	vz_tree_make_dirs(t, "/d", 0755, 0);
	vz_tree_make_dirs(t, "/e", 0755, 0);
	inode = file(t, "/d/inode");
	vz_node_set_content(inode, "hello", 5);
	vz_node_set_xattr(inode, "user.x", "1", 1);
	inode->uid = 7;
	b = file(t, "/e/b");
	vz_node_set_link(b, inode);
	a = file(t, "/e/a");
	vz_node_set_link(a, b);
	inner = file(t, "/d/inner");
	vz_node_set_link(inner, inode);
	ck_assert_uint_eq(inode->n_links, 3);
	ck_assert_ptr_eq(a->link, inode);

	vz_tree_remove(t, inode->parent);
	ck_assert_ptr_null(vz_tree_find(t, "/d"));
	ck_assert_ptr_null(a->link);
	ck_assert_ptr_eq(b->link, a);
	ck_assert_uint_eq(a->n_links, 1);
	ck_assert_mem_eq(a->content, "hello", 5);
	ck_assert_uint_eq(a->uid, 7);
	ck_assert_str_eq(a->name, "a");
	ck_assert_ptr_nonnull(vz_node_xattr(a, "user.x"));

	vz_tree_remove(t, b);
	ck_assert_uint_eq(a->n_links, 0);
	vz_tree_remove(t, a);
	ck_assert_uint_eq(vz_tree_find(t, "/e")->n_children, 0);
}
END_TEST

START_TEST(test_relink)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *a = file(t, "/a"), *b = file(t, "/b"), *c = file(t, "/c"), *other = file(t, "/other");

	vz_node_set_content(a, "A", 1);
	vz_node_set_link(b, a);
	vz_node_set_link(c, a);
	vz_node_set_link(a, other);           /* b inherits */
	ck_assert_ptr_eq(a->link, other);
	ck_assert_ptr_null(b->link);
	ck_assert_ptr_eq(c->link, b);
	ck_assert_mem_eq(b->content, "A", 1);
	vz_node_set_link(b, c);               /* the roles swap */
	ck_assert_ptr_null(c->link);
	ck_assert_ptr_eq(b->link, c);
	ck_assert_mem_eq(c->content, "A", 1);
	ck_assert_uint_eq(c->n_links, 1);
	is_sorted(t->root);
}
END_TEST

START_TEST(test_move)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *inode, *link, *d;

	d = vz_tree_make_dirs(t, "/bin", 0755, 0);
	inode = file(t, "/bin/perl");
	link = file(t, "/bin/perl5");
	vz_node_set_link(link, inode);
	vz_tree_make_dirs(t, "/usr", 0755, 0);
	vz_node_move(d, vz_tree_find(t, "/usr"), "sbin");
	ck_assert_ptr_eq(vz_tree_find(t, "/usr/sbin/perl"), inode);
	ck_assert_ptr_eq(vz_tree_find(t, "/usr/sbin/perl5")->link, inode);
	ck_assert_ptr_null(vz_tree_find(t, "/bin"));
	vz_node_move(inode, t->root, "zz");
	ck_assert_ptr_eq(link->link, inode);
	ck_assert_uint_eq(d->n_children, 1);
}
END_TEST

START_TEST(test_count_links)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *z = file(t, "/z"), *b = file(t, "/b"), *a = file(t, "/a"), *one = file(t, "/one");

	vz_node_set_content(z, "Z", 1);
	vz_node_set_link(b, z);
	vz_node_set_link(a, z);
	one->nlink = 9;
	for (int twice = 0; twice < 2; twice++) {
		vz_tree_count_links(t);
		ck_assert_ptr_null(a->link);
		ck_assert_ptr_eq(b->link, a);
		ck_assert_ptr_eq(z->link, a);
		ck_assert_uint_eq(a->nlink, 3);
		ck_assert_uint_eq(a->n_links, 2);
		ck_assert_mem_eq(a->content, "Z", 1);
		ck_assert_uint_eq(one->nlink, 1);
	}
}
END_TEST

static int note_name(struct vz_node *n, void *ctx)
{
	struct vz_buf *names = ctx;

	vz_buf_printf(names, "%s ", n->name);
	return strcmp(n->name, "stop") == 0 ? 42 : 0;
}

START_TEST(test_walk)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_buf struct vz_buf names = {0};

	vz_tree_make_dirs(t, "/b/c/d", 0755, 0);
	vz_tree_make_dirs(t, "/a", 0755, 0);
	vz_tree_make_dirs(t, "/b/e", 0755, 0);
	ck_assert_int_eq(vz_node_walk(t->root, note_name, &names), 0);
	ck_assert_str_eq(names.data, " a b c d e ");
	vz_tree_make_dirs(t, "/b/c/stop", 0755, 0);
	vz_buf_clear(&names);
	ck_assert_int_eq(vz_node_walk(vz_tree_find(t, "/b"), note_name, &names), 42);
	ck_assert_str_eq(names.data, "b c d stop ");
}
END_TEST

START_TEST(test_copy)
{
	auto_tree struct vz_tree *t = vz_tree_new(), *c = NULL;
	struct vz_tree_stats s;
	struct vz_digest digest = { { 0xab, 0xcd } };
	struct vz_node *o, *l;

	vz_tree_make_dirs(t, "/x/y", 0700, 3);
	o = file(t, "/x/y/o");
	vz_node_set_object(o, &digest, 100000);
	vz_node_set_xattr(o, "user.b", "v\0w", 3);
	vz_node_set_xattr(o, "user.a", "", 0);
	o->owner = 12;
	l = file(t, "/a");
	vz_node_set_link(l, o);
	symlink_to(t, "/s", "x/y");
	vz_node_set_content(file(t, "/x/small"), "abc", 3);

	c = vz_tree_copy(t);
	vz_tree_free(steal(&t));
	o = vz_tree_find(c, "/x/y/o");
	ck_assert_str_eq(o->payload, "ab/cd000000000000000000000000000000000000000000000000000000000000");
	ck_assert(o->has_digest);
	ck_assert_uint_eq(o->owner, 12);
	ck_assert_uint_eq(o->n_xattrs, 2);
	ck_assert_str_eq(o->xattrs[0].key, "user.a");
	ck_assert_mem_eq(o->xattrs[1].value, "v\0w", 3);
	ck_assert_ptr_eq(vz_tree_find(c, "/a")->link, o);
	ck_assert_uint_eq(o->n_links, 1);
	ck_assert_str_eq(vz_tree_find(c, "/s")->payload, "x/y");
	ck_assert_mem_eq(vz_tree_find(c, "/x/small")->content, "abc", 3);
	ck_assert_int_eq(vz_tree_find(c, "/x/y")->mtime, 3);
	vz_tree_stats(c, &s);
	ck_assert_uint_eq(s.files, 6);
	ck_assert_uint_eq(s.bytes, 100003);
}
END_TEST

START_TEST(test_xattrs)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *n = file(t, "/n"), *m = file(t, "/m");
	char key[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(key, sizeof key, "user.%02u", i * 37 % 100);
		vz_node_set_xattr(n, key, key, strlen(key));
		vz_node_copy_inode(m, n);
	}
	ck_assert_uint_eq(n->n_xattrs, 100);
	vz_node_set_xattr(n, "user.50", "changed", 7);
	ck_assert_uint_eq(n->n_xattrs, 100);
	ck_assert_uint_eq(vz_node_xattr(n, "user.50")->len, 7);
	ck_assert_str_eq(vz_node_xattr(m, "user.50")->value, "user.50");
	for (unsigned i = 0; i < 100; i++)
		ck_assert_str_eq(n->xattrs[i].key, m->xattrs[i].key);
	vz_node_remove_xattr(n, "user.00");
	vz_node_remove_xattr(n, "user.absent");
	ck_assert_uint_eq(n->n_xattrs, 99);
	ck_assert_ptr_null(vz_node_xattr(n, "user.00"));
	ck_assert_ptr_nonnull(vz_node_xattr(m, "user.00"));
}
END_TEST

START_TEST(test_same)
{
	auto_tree struct vz_tree *t = vz_tree_new(), *u = vz_tree_new();
	struct vz_node *a = file(t, "/a"), *b = file(u, "/b");
	struct vz_digest d = { { 1 } }, e = { { 2 } };

	vz_node_set_object(a, &d, 100);
	vz_node_copy_inode(b, a);
	ck_assert(vz_node_same(a, b, true));
	b->mtime = 1;
	ck_assert(vz_node_same(a, b, false));
	ck_assert(!vz_node_same(a, b, true));
	vz_node_set_object(b, &e, 100);
	ck_assert(!vz_node_same(a, b, false));
	vz_node_set_content(a, "x", 1);
	vz_node_set_content(b, "y", 1);
	ck_assert(!vz_node_same(a, b, false));
	vz_node_set_content(b, "x", 1);
	ck_assert(vz_node_same(a, b, false));
	vz_node_set_xattr(b, "user.k", "1", 1);
	ck_assert(!vz_node_same(a, b, false));
	vz_node_set_xattr(a, "user.k", "2", 1);
	ck_assert(!vz_node_same(a, b, false));
	vz_node_set_xattr(a, "user.k", "1", 1);
	ck_assert(vz_node_same(a, b, false));
	a->gid = 1;
	ck_assert(!vz_node_same(a, b, false));
}
END_TEST

static int count_nodes(struct vz_node *n, void *ctx)
{
	(void)n;
	++*(unsigned *)ctx;
	return 0;
}

START_TEST(test_deep)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_node *n = t->root;
	unsigned nodes = 0;

	for (int i = 0; i < 300000; i++)
		n = vz_node_add(n, "d", S_IFDIR | 0755);
	vz_node_walk(t->root, count_nodes, &nodes);
	ck_assert_uint_eq(nodes, 300001);
	vz_tree_free(vz_tree_copy(t));
	vz_tree_remove(t, t->root->children[0]);
	ck_assert_uint_eq(t->root->n_children, 0);
}
END_TEST

UNIT_MAIN("tree", test_children, test_names, test_find, test_lookup, test_links_chain, test_remove_keeps_links,
	  test_relink, test_move, test_count_links, test_walk, test_copy, test_xattrs, test_same, test_deep)
