/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include "share/layers.h"
#include "store/record.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

/* A package is a digit; its digest is 64 of them. */
static void package(struct vz_store *s, struct vz_plan *p, char digit, unsigned flags, const char *tree)
{
	auto_record struct vz_record *r = vz_record_new("deb");
	struct vz_err err = {0};
	struct vz_plan_package *k;
	char digest[65] = "";

	memset(digest, digit, 64);
	vz_grow(p->packages, p->n_packages, p->cap_packages);
	k = &p->packages[p->n_packages++];
	*k = (struct vz_plan_package){
		.name = vz_printf("p%c", digit), .version = vz_strdup("1"), .arch = vz_strdup("all"), .repo = vz_strdup("main"),
		.location = vz_strdup("x"), .digest = vz_strdup(digest), .flags = flags,
	};
	if (!tree)
		return;
	r->tree = trees_read(tree);
	r->tree->root->mtime = digit;
	must(vz_record_put(s, digest, r, &err));
}

struct fixture {
	char *dir, *root;
	struct vz_store *store;
	struct vz_plan *plan;
};

static struct fixture setup(void)
{
	struct fixture f = { .dir = scratch_new(), .plan = vz_new(struct vz_plan) };
	struct vz_err err = {0};

	f.root = vz_printf("%s/store", f.dir);
	f.store = vz_store_open(f.root, VZ_STORE_CHANGE, &err);
	ck_assert_msg(f.store, "%s", err.msg);
	package(f.store, f.plan, '1', VZ_PLAN_BASE, "d /bin\nf /bin/sh shell\nd /etc\nf /etc/conf old\nd /usr\nd /usr/bin\nf /usr/bin/x x\nh /usr/bin/y /usr/bin/x\n");
	package(f.store, f.plan, '2', 0, "d /usr\nd /usr/bin\nf /usr/bin/tool tool\nf /usr/bin/gone gone\nd /srv\n");
	package(f.store, f.plan, '3', 0, NULL);          /* no record */
	return f;
}

static void teardown(struct fixture *f)
{
	vz_plan_free(f->plan);
	vz_store_close(f->store);
	scratch_free(&f->dir);
	free(f->root);
}

/* As tar does it: what is there already keeps its content where the layer has a directory. */
static int put_over(struct vz_node *n, void *ctx)
{
	struct vz_tree *t = ctx;
	char *path = vz_node_path(n), *slash = strrchr(path, '/');
	struct vz_node *have = vz_tree_find(t, path);

	if (!have) {
		*slash = 0;
		have = vz_node_add(vz_tree_find(t, path), slash + 1, n->mode);
	} else {
		ck_assert_msg(vz_node_is_dir(have), "'%s' is in two layers", path);
	}
	if (n->link) {
		char *target = vz_node_path(n->link);

		vz_node_set_link(have, vz_tree_find(t, target));
		free(target);
	} else {
		vz_node_copy_inode(have, n);
	}
	free(path);
	return 0;
}

static void check_union(const struct vz_layers *l, struct vz_tree *want)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_free char *a = NULL, *b = NULL;

	for (int i = 0; i < VZ_LAYERS; i++)
		if (l->trees[i])
			vz_node_walk(l->trees[i]->root, put_over, t);
	a = trees_text(t);
	b = trees_text(want);
	ck_assert_str_eq(a, b);
	ck_assert(vz_node_same(t->root, want->root, true));
	ck_assert(vz_node_same(vz_tree_find(t, "/usr/bin"), vz_tree_find(want, "/usr/bin"), true));
}

static struct vz_tree *installed(void)
{
	/* /bin became a link; the configuration changed a file, made one, removed one */
	struct vz_tree *t = trees_read("l /bin usr/bin\nd /etc\nf /etc/conf new\nf /etc/made made\nd /srv\nd /usr\nd /usr/bin\n"
				       "f /usr/bin/other other\nf /usr/bin/sh shell\nf /usr/bin/tool tool\nf /usr/bin/x x\nh /usr/bin/y /usr/bin/x\n");

	t->root->mtime = 1700;
	vz_tree_find(t, "/usr/bin")->mtime = 1700;
	return t;
}

START_TEST(test_split)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = installed(), *copy = vz_tree_copy(t);
	struct vz_layers l = {0};
	struct vz_err err = {0};

	must(vz_layers_split(f.store, t, NULL, f.plan, &l, &err));
	trees_equal(l.trees[VZ_LAYER_BASE], "d /etc\nd /usr\nd /usr/bin\nf /usr/bin/sh shell\nf /usr/bin/x x\nh /usr/bin/y /usr/bin/x\n");
	trees_equal(l.trees[VZ_LAYER_REST], "d /srv\nd /usr\nd /usr/bin\nf /usr/bin/tool tool\n");
	trees_equal(l.trees[VZ_LAYER_OWN], "l /bin usr/bin\nd /etc\nf /etc/conf new\nf /etc/made made\nd /usr\nd /usr/bin\nf /usr/bin/other other\n");
	ck_assert_int_eq(l.trees[VZ_LAYER_BASE]->root->mtime, '1');
	ck_assert_int_eq(l.trees[VZ_LAYER_REST]->root->mtime, '1');
	check_union(&l, copy);
	vz_layers_release(&l);
	teardown(&f);
}
END_TEST

/* Whatever else is installed, the base's layer is the same. */
START_TEST(test_base_is_shared)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = installed(), *other = installed();
	struct vz_layers a = {0}, b = {0};
	struct vz_err err = {0};
	struct vz_node *n;

	vz_tree_remove(other, vz_tree_find(other, "/usr/bin/tool"));
	vz_tree_find(other, "/usr")->mtime = 99;
	n = vz_node_add(other->root, "more", S_IFDIR | 0700);
	n->mtime = 1;
	must(vz_layers_split(f.store, t, NULL, f.plan, &a, &err));
	must(vz_layers_split(f.store, other, NULL, f.plan, &b, &err));
	{
		auto_free char *x = trees_text(a.trees[VZ_LAYER_BASE]), *y = trees_text(b.trees[VZ_LAYER_BASE]);

		ck_assert_str_eq(x, y);
		ck_assert(vz_node_same(vz_tree_find(a.trees[VZ_LAYER_BASE], "/usr"), vz_tree_find(b.trees[VZ_LAYER_BASE], "/usr"), true));
	}
	ck_assert(vz_tree_find(b.trees[VZ_LAYER_OWN], "/more"));
	check_union(&b, other);
	vz_layers_release(&a);
	vz_layers_release(&b);
	teardown(&f);
}
END_TEST

/* One name of an inode is no package's: all names go where that one goes. */
START_TEST(test_links_stay_together)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = installed(), *copy = NULL;
	struct vz_layers l = {0};
	struct vz_err err = {0};

	vz_node_set_link(vz_node_add(t->root, "a", S_IFREG | 0644), vz_tree_find(t, "/usr/bin/x"));
	copy = vz_tree_copy(t);
	must(vz_layers_split(f.store, t, NULL, f.plan, &l, &err));
	ck_assert(!vz_tree_find(l.trees[VZ_LAYER_BASE], "/usr/bin/x"));
	ck_assert(vz_tree_find(l.trees[VZ_LAYER_OWN], "/usr/bin/y")->link == vz_tree_find(l.trees[VZ_LAYER_OWN], "/a"));
	check_union(&l, copy);
	vz_layers_release(&l);
	teardown(&f);
}
END_TEST

START_TEST(test_private)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = installed(), *changed = vz_tree_copy(t);
	struct vz_layers l = {0};
	struct vz_err err = {0};

	vz_tree_remove(changed, vz_tree_find(changed, "/usr/bin/sh"));
	must(vz_layers_split(f.store, t, changed, f.plan, &l, &err));
	ck_assert(vz_tree_find(l.trees[VZ_LAYER_BASE], "/usr/bin/sh"));
	trees_equal(l.trees[VZ_LAYER_PRIVATE], "d /usr\nd /usr/bin\nc /usr/bin/sh 0\n");
	vz_layers_release(&l);
	teardown(&f);
}
END_TEST

START_TEST(test_damaged_record)
{
	struct fixture f = setup();
	auto_tree struct vz_tree *t = installed();
	struct vz_layers l = {0};
	struct vz_err err = {0};
	auto_free char *path = vz_printf("%s/packages/%s", f.root, f.plan->packages[0].digest);

	must(vz_write_file(AT_FDCWD, path, "x", 1, 0644, &err));
	must_fail(vz_layers_split(f.store, t, NULL, f.plan, &l, &err), VZ_DAMAGED, "package 'p1'");
	teardown(&f);
}
END_TEST

UNIT_MAIN("layers", test_split, test_base_is_shared, test_links_stay_together, test_private, test_damaged_record)
