/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs tests/fixtures/merge/plans/NAME.case, whose trees are written as private.h says:
 *
 *     == from, == to        the compositions          == layer       sealed private files
 *     == family             "rpm"; deb without it
 *     == upper              the private area          == plan        lines "put merged /path", in order
 *     == conflicts          lines "/path: why"        == again       lines with programs
 *     == after              what is seen inside then: the plan carried out on the upper, over the new composition
 *  or == error              "EXISTS: a part of the message", and == ids: what the new composition has to have
 *
 * A section that is left out is empty, but `after`, which is not compared then.
 */
#include "builder/merge.h"

#include "builder/overlay.h"
#include "store/object.h"
#include "tests/unit/cases.h"
#include "tests/unit/private.h"

static struct vz_err err;

static const char *const kinds[] = { "dir", "put", "drop", "hide" };

static struct vz_tree *tree_of(const struct cases_case *c, const char *head)
{
	const struct vz_buf *body = cases_body(c, head);
	auto_free char *text = body->len ? vz_strndup(body->data, body->len) : vz_strdup("");

	return private_read(text);
}

static char *plan_text(const struct vz_upper_plan *p)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < p->n; i++)
		vz_buf_printf(&b, "%s %s %s\n", kinds[p->changes[i].kind], vz_upper_why_name(p->changes[i].why), p->changes[i].path);
	return vz_buf_steal(&b);
}

static char *conflicts_text(const struct vz_upper_plan *p)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < p->n_conflicts; i++)
		vz_buf_printf(&b, "%s: %s\n", p->conflicts[i].path, p->conflicts[i].what);
	return vz_buf_steal(&b);
}

static char *again_text(const struct vz_merge_again *a)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < a->n; i++)
		for (const char *const *arg = a->argv[i]; *arg; arg++)
			vz_buf_printf(&b, "%s%c", *arg, arg[1] ? ' ' : '\n');
	return vz_buf_steal(&b);
}

/* What link/ does with a plan, on a tree. */
static void carry_out(const struct vz_upper_plan *p, struct vz_tree *upper, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct vz_upper_change *c = &p->changes[i];
		auto_free char *dir = vz_strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
		struct vz_node *parent = vz_tree_find(upper, dir), *n = vz_tree_find(upper, c->path);

		ck_assert_msg(c->seen.there == (n != NULL), "'%s': '%s' was %sseen", name, c->path, n ? "not " : "");
		if (n && c->kind != VZ_UPPER_DIR)
			vz_tree_remove(upper, n);
		if (c->kind == VZ_UPPER_DROP || (n && c->kind == VZ_UPPER_DIR))
			continue;
		ck_assert_msg(parent && vz_node_is_dir(parent), "'%s': nothing to put '%s' into", name, c->path);
		n = vz_node_add(parent, strrchr(c->path, '/') + 1, c->kind == VZ_UPPER_HIDE ? S_IFCHR : c->node->mode);
		if (c->kind != VZ_UPPER_HIDE)
			vz_node_copy_inode(n, c->node);
	}
}

static struct vz_tree *seen_inside(const struct vz_tree *lower, const struct vz_tree *layer, const struct vz_tree *upper)
{
	struct vz_tree *t = vz_tree_copy(lower);

	must(vz_overlay_apply(t, layer, &err));
	must(vz_overlay_apply(t, upper, &err));
	return t;
}

static void check_text(const char *name, const char *what, const char *have, const struct vz_buf *want)
{
	ck_assert_msg(strlen(have) == want->len && (!want->len || memcmp(have, want->data, want->len) == 0),
		      "'%s', %s:\n%s", name, what, have);
}

static void check_error(const struct cases_case *c, int rc, const struct vz_ids *ids)
{
	struct vz_buf b = {0};
	auto_free char *want = vz_strndup(cases_body(c, "error")->data, cases_body(c, "error")->len - 1);
	char *text = strchr(want, ':');

	ck_assert_msg(rc < 0 && text, "'%s' did not fail", c->name);
	*text = 0;
	ck_assert_msg(strstr(err.msg, text + 2), "'%s': %s", c->name, err.msg);
	ck_assert_int_eq(err.code, strcmp(want, "EXISTS") == 0 ? VZ_EXISTS : VZ_FAILED);
	for (size_t i = 0; i < ids->n; i++)
		vz_buf_printf(&b, "%s %s %u\n", ids->v[i].kind == VZ_ID_USER ? "user" : "group", ids->v[i].name, ids->v[i].id);
	check_text(c->name, "ids", b.data ? b.data : "", cases_body(c, "ids"));
	vz_buf_release(&b);
}

/* The upper as the plan leaves it, over the composition that it is for, has nothing more to be changed. */
static void check_settled(const struct cases_case *c, const struct vz_merge *m, const struct vz_tree *upper)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);
	struct vz_merge again = *m;
	auto_upper_plan struct vz_upper_plan plan = {0};
	struct vz_merge_again programs = {0};
	auto_ids struct vz_ids ids = {0};
	auto_free char *text = NULL;

	private_write(fd, upper);
	again.upper_fd = fd;
	again.from = m->to;
	must(vz_merge_plan(&again, &plan, &programs, &ids, &err));
	text = plan_text(&plan);
	ck_assert_msg(!*text, "'%s' is not settled:\n%s", c->name, text);
}

static void run_case(struct cases_case *c)
{
	auto_tree struct vz_tree *from = tree_of(c, "from"), *to = tree_of(c, "to"), *layer = tree_of(c, "layer");
	auto_tree struct vz_tree *upper = tree_of(c, "upper"), *after = NULL;
	auto_scratch char *dir = scratch_new();
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);
	struct vz_merge m = { .family = cases_body(c, "family")->len ? "rpm" : "deb", .upper_fd = fd, .from = from, .to = to };
	auto_upper_plan struct vz_upper_plan plan = {0};
	struct vz_merge_again again = {0};
	auto_ids struct vz_ids ids = {0};
	auto_free char *text = NULL, *conflicts = NULL, *programs = NULL, *view = NULL;
	int rc;

	private_write(fd, upper);
	if (layer->root->n_children)
		m.layer = layer;
	rc = vz_merge_plan(&m, &plan, &again, &ids, &err);
	if (cases_body(c, "error")->len) {
		check_error(c, rc, &ids);
		return;
	}
	ck_assert_msg(rc == 0, "'%s': %s", c->name, err.msg);
	text = plan_text(&plan);
	check_text(c->name, "plan", text, cases_body(c, "plan"));
	conflicts = conflicts_text(&plan);
	check_text(c->name, "conflicts", conflicts, cases_body(c, "conflicts"));
	programs = again_text(&again);
	check_text(c->name, "again", programs, cases_body(c, "again"));
	carry_out(&plan, upper, c->name);
	after = seen_inside(to, layer, upper);
	view = private_text(after);
	if (cases_body(c, "after")->len)
		check_text(c->name, "after", view, cases_body(c, "after"));
	check_settled(c, &m, upper);
}

START_TEST(test_cases)
{
	cases_run("merge/plans", run_case);
}
END_TEST

/* A passwd that is too large is not read, nor a configuration file; nobody knows where such a file ends. */
START_TEST(test_large)
{
	auto_tree struct vz_tree *from = private_read("d /etc\nf /etc/passwd a\nf /etc/x a\n");
	auto_tree struct vz_tree *to = private_read("d /etc\nf /etc/passwd b\nf /etc/x b\n");
	auto_scratch char *dir = scratch_new();
	auto_fd int fd = vz_open_dir(AT_FDCWD, dir, &err);
	struct vz_merge m = { .family = "deb", .upper_fd = fd, .from = from, .to = to };
	auto_upper_plan struct vz_upper_plan plan = {0};
	struct vz_merge_again again = {0};
	auto_ids struct vz_ids ids = {0};
	auto_free char *conflicts = NULL;

	private_write(fd, from);
	for (int i = 0; i < 2; i++) {
		auto_fd int file = openat(fd, i ? "etc/x" : "etc/passwd", O_WRONLY);

		ck_assert_int_eq(ftruncate(file, (64 << 20) + 1), 0);
	}
	must(vz_merge_plan(&m, &plan, &again, &ids, &err));
	conflicts = conflicts_text(&plan);
	ck_assert_str_eq(conflicts, "/etc/passwd: larger than 64 MiB here, and stays as it is\n"
			 "/etc/x: changed here and in the new composition; the new version is 'x.vzpkg-new'\n");
}
END_TEST

/* Content in objects, and a change that is made while the plan is. */
START_TEST(test_objects)
{
	static const char text[] = "a text that is too long to stand in a tree, so that a digest has to stand for it there";
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/store", dir), *area = vz_printf("%s/upper", dir), *plan_is = NULL;
	auto_store struct vz_store *store = vz_store_open(root, VZ_STORE_CHANGE, &err);
	auto_tree struct vz_tree *from = private_read("d /etc\nf /etc/same \nf /etc/mode \n"), *to = vz_tree_copy(from);
	auto_tree struct vz_tree *upper = private_read("d /etc\nf /etc/same \nf0600 /etc/mode \n");
	struct vz_merge m = { .store = store, .family = "deb", .from = from, .to = to };
	auto_upper_plan struct vz_upper_plan plan = {0};
	struct vz_merge_again again = {0};
	auto_ids struct vz_ids ids = {0};
	struct vz_digest old, new;
	auto_fd int fd = -1;

	must(vz_object_put(store, text, sizeof text, &old, NULL, &err));
	must(vz_object_put(store, text, sizeof text - 1, &new, NULL, &err));
	for (int i = 0; i < 2; i++) {
		const char *path = i ? "/etc/same" : "/etc/mode";

		vz_node_set_object(vz_tree_find(from, path), &old, sizeof text);
		vz_node_set_object(vz_tree_find(to, path), &new, sizeof text - 1);
		vz_node_set_content(vz_tree_find(upper, path), text, sizeof text);
	}
	must(vz_make_dirs(AT_FDCWD, area, 0755, &err));
	must(m.upper_fd = fd = vz_open_dir(AT_FDCWD, area, &err));
	private_write(fd, upper);
	must(vz_merge_plan(&m, &plan, &again, &ids, &err));
	plan_is = plan_text(&plan);
	ck_assert_str_eq(plan_is, "put merged /etc/mode\ndrop taken /etc/same\n");
	ck_assert(plan.changes[0].node->has_digest && vz_digest_cmp(&plan.changes[0].node->digest, &new) == 0);
	ck_assert_uint_eq(plan.changes[0].node->mode, S_IFREG | 0600);
}
END_TEST

/* Equal areas give equal plans, however their directories are ordered on disk. */
START_TEST(test_order)
{
	auto_tree struct vz_tree *from = private_read("d /etc\n"), *to = private_read("d /etc\n");
	struct vz_merge m = { .family = "deb", .from = from, .to = to };
	char *texts[2];

	for (int i = 0; i < 500; i++) {
		auto_free char *name = vz_printf("f%d", i);

		vz_node_set_content(vz_node_add(vz_tree_find(from, "/etc"), name, S_IFREG | 0644), "old", 3);
		vz_node_set_content(vz_node_add(vz_tree_find(to, "/etc"), name, S_IFREG | 0644), "new", 3);
	}
	for (int run = 0; run < 2; run++) {
		auto_scratch char *dir = scratch_new();
		auto_upper_plan struct vz_upper_plan plan = {0};
		struct vz_merge_again again = {0};
		auto_ids struct vz_ids ids = {0};
		auto_fd int fd = -1;

		must(m.upper_fd = fd = vz_open_dir(AT_FDCWD, dir, &err));
		ck_assert_int_eq(mkdirat(fd, "etc", 0755), 0);
		for (int i = 0; i < 500; i++) {
			auto_free char *name = vz_printf("etc/f%d", run ? 499 - i : i);
			auto_fd int file = openat(fd, name, O_WRONLY | O_CREAT, 0644);

			ck_assert_int_eq(write(file, i % 2 == run ? "old" : "own", 3), 3);
		}
		must(vz_merge_plan(&m, &plan, &again, &ids, &err));
		ck_assert_uint_eq(plan.n, 500);
		texts[run] = plan_text(&plan);
	}
	ck_assert_str_eq(texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
}
END_TEST

/* ---- a real overlayfs ---- */

struct real {
	char *dir;
	int fd, view;            /* of the scratch directory; of what is mounted */
};

static void real_mount(struct real *r, const char *lower)
{
	auto_free char *options = vz_printf("lowerdir=%s/%s,upperdir=%s/upper,workdir=%s/work,metacopy=on,redirect_dir=on,index=off",
					    r->dir, lower, r->dir, r->dir);
	auto_free char *at = vz_printf("%s/view", r->dir);

	ck_assert_int_eq(mount("overlay", at, "overlay", 0, options), 0);
	must(r->view = vz_open_dir(AT_FDCWD, at, &err));
}

static void real_umount(struct real *r)
{
	auto_free char *at = vz_printf("%s/view", r->dir);

	close(r->view);
	ck_assert_int_eq(umount(at), 0);
}

static void real_init(struct real *r, const struct vz_tree *from, const struct vz_tree *to)
{
	static const char *const dirs[] = { "from", "to", "upper", "work", "view" };

	*r = (struct real){ .dir = scratch_new() };
	must(r->fd = vz_open_dir(AT_FDCWD, r->dir, &err));
	for (size_t i = 0; i < 5; i++) {
		auto_fd int fd = -1;

		ck_assert_int_eq(mkdirat(r->fd, dirs[i], 0755), 0);
		must(fd = vz_open_dir(r->fd, dirs[i], &err));
		if (i < 2)
			private_write(fd, i ? to : from);
	}
}

static void check_file(const struct real *r, const char *path, const char *want)
{
	auto_buf struct vz_buf text = {0};

	if (want) {
		must(vz_read_file(r->view, path, 4096, &text, &err));
		ck_assert_msg(strcmp(text.data, want) == 0, "'%s': %s", path, text.data);
	} else {
		ck_assert_msg(faccessat(r->view, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0, "'%s' is there", path);
	}
}

/* Takes the plan's effect to the real upper, through a copy of it in memory. */
static void carry_out_really(const struct real *r, const struct vz_upper_plan *p)
{
	auto_fd int upper = vz_open_dir(r->fd, "upper", &err);

	for (size_t i = 0; i < p->n; i++) {
		const struct vz_upper_change *c = &p->changes[i];
		auto_tree struct vz_tree *one = vz_tree_new();
		auto_free char *dir = vz_strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
		auto_fd int at = vz_open_dir(upper, *dir ? dir + 1 : ".", &err);
		const char *name = strrchr(c->path, '/') + 1;
		struct vz_node *n;

		ck_assert_msg(at >= 0, "%s", err.msg);
		if (c->kind == VZ_UPPER_DIR && c->seen.there)
			continue;
		must(vz_remove_tree(at, name, &err));
		if (c->kind == VZ_UPPER_DROP)
			continue;
		n = vz_node_add(one->root, name, c->kind == VZ_UPPER_HIDE ? S_IFCHR : c->node->mode);
		if (c->node)
			vz_node_copy_inode(n, c->node);
		private_write(at, one);
	}
}

static void be_a_tenant(const struct real *r)
{
	auto_fd int fd = -1;

	/* metadata only, then renamed; linked below, so that overlayfs does not note it; linked here */
	ck_assert_int_eq(fchmodat(r->view, "usr/a", 0600, 0), 0);
	ck_assert_int_eq(fchmodat(r->view, "usr/moved", 0600, 0), 0);
	ck_assert_int_eq(mkdirat(r->view, "home/new", 0755), 0);
	ck_assert_int_eq(renameat(r->view, "usr/moved", r->view, "home/new/moved"), 0);
	ck_assert_int_eq(mkdirat(r->view, "home/pure", 0755), 0);
	ck_assert_int_eq(renameat(r->view, "usr/two", r->view, "home/pure/two"), 0);
	ck_assert_int_eq(linkat(r->view, "usr/linked", r->view, "home/linked", 0), 0);
	ck_assert_int_eq(unlinkat(r->view, "usr/linked", 0), 0);
	ck_assert_int_ge(fd = openat(r->view, "usr/linked", O_WRONLY | O_CREAT, 0644), 0);
	/* directories: renamed, and made anew */
	ck_assert_int_eq(renameat(r->view, "usr/dir", r->view, "usr/dir.old"), 0);
	ck_assert_int_eq(mkdirat(r->view, "usr/dir", 0755), 0);
	ck_assert_int_eq(mkdirat(r->view, "usr/first", 0755), 0);
	ck_assert_int_eq(unlinkat(r->view, "usr/gone", 0), 0);
}

START_TEST(test_overlay)
{
	auto_tree struct vz_tree *from = private_read(
		"d /home\nd /usr\nf /usr/a old a\nf /usr/moved old moved\nf /usr/two old two\nf /usr/linked old linked\n"
		"d /usr/dir\nf /usr/dir/x old x\nf /usr/dir/y y\nf /usr/gone old\n");
	auto_tree struct vz_tree *to = private_read(
		"d /home\nd /usr\nf /usr/a the new a\nf /usr/moved the new moved\nf /usr/two the new two\n"
		"d /usr/dir\nf /usr/dir/x new x\nf /usr/dir/y y\nf /usr/dir/z new z\nd /usr/first\nf /usr/first/f f\nf /usr/gone new\n");
	struct vz_merge m = { .family = "deb", .from = from, .to = to };
	auto_upper_plan struct vz_upper_plan plan = {0};
	struct vz_merge_again again = {0};
	auto_ids struct vz_ids ids = {0};
	struct real r;
	auto_fd int upper = -1;

	real_init(&r, from, to);
	ck_assert_int_eq(linkat(r.fd, "from/usr/two", r.fd, "from/usr/too", 0), 0);
	vz_node_set_link(vz_node_add(vz_tree_find(from, "/usr"), "too", S_IFREG), vz_tree_find(from, "/usr/two"));
	real_mount(&r, "from");
	be_a_tenant(&r);
	real_umount(&r);
	must(m.upper_fd = upper = vz_open_dir(r.fd, "upper", &err));
	must(vz_merge_plan(&m, &plan, &again, &ids, &err));
	carry_out_really(&r, &plan);
	real_mount(&r, "to");
	check_file(&r, "usr/a", "the new a");
	check_file(&r, "usr/moved", NULL);
	check_file(&r, "home/new/moved", "old moved");
	check_file(&r, "home/pure/two", "old two");
	check_file(&r, "home/linked", "old linked");
	check_file(&r, "usr/dir.old/x", "old x");
	check_file(&r, "usr/dir.old/y", "y");
	check_file(&r, "usr/dir.old/z", NULL);
	check_file(&r, "usr/dir/x", NULL);
	check_file(&r, "usr/dir/z", "new z");
	check_file(&r, "usr/first/f", "f");
	check_file(&r, "usr/gone", NULL);
	real_umount(&r);
	close(r.fd);
	scratch_free(&r.dir);
}
END_TEST

UNIT_MAIN("merge", test_cases, test_large, test_objects, test_order, test_overlay)
