/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The RPM family's configure on a small system: what scripts see, what becomes of failures, what is left. */
#include "tests/unit/root.h"

#include "builder/capture.h"
#include "builder/configure.h"
#include "builder/content.h"
#include "builder/rpmdb.h"
#include "link/mount.h"
#include "tests/unit/rpm.h"

struct fixture {
	struct root root;
	struct vz_tree *tree, *parent;
	struct vz_compose_package packages[8];
	struct vz_buf log;
	struct vz_configure c;
};

static void put(struct fixture *f, const char *path, uint32_t mode, const char *text)
{
	const struct vz_content_file file = { path, mode, 100, text, strlen(text) };
	struct vz_err err;

	must(vz_content_write(f->root.store, f->tree, &file, &err));
}

static void text_is(struct fixture *f, const char *path, const char *expected)
{
	auto_buf struct vz_buf b = {0};
	struct vz_err err;

	must(vz_content_read(f->root.store, f->tree, path, &b, &err));
	ck_assert_msg(b.data && strcmp(b.data, expected) == 0, "%s: '%s'", path, b.data ? b.data : "");
}

static void start(struct fixture *f)
{
	*f = (struct fixture){ .root = root_new(), .tree = vz_tree_new() };
	root_tree(&f->root, f->tree);
	f->c = (struct vz_configure){ .store = f->root.store, .packages = f->packages, .arch = "x86_64",
				      .date = 1700000000, .log = &f->log };
}

static void finish(struct fixture *f)
{
	for (size_t i = 0; i < f->c.n; i++)
		vz_record_free((struct vz_record *)f->packages[i].record);
	vz_tree_free(f->tree);
	vz_tree_free(f->parent);
	vz_buf_release(&f->log);
	root_release(&f->root);
}

static void add_script(Header h, rpmTagVal tag, rpmTagVal program, const char *interpreter, const char *body)
{
	if (body)
		headerPutString(h, tag, body);
	headerPutString(h, program, interpreter);
}

/* A package as compose would have left it; takes `h`. */
static void add(struct fixture *f, const char *name, Header h, const char *owners)
{
	struct vz_record *r = vz_record_new("rpm");
	auto_buf struct vz_buf member = {0};

	rpm_member(h, &member);
	vz_record_add(r, "header", member.data, member.len);
	if (owners)
		vz_record_add(r, "owners", owners, strlen(owners));
	r->tree = vz_tree_new();
	f->packages[f->c.n++] = (struct vz_compose_package){ name, "1-2", "noarch", r };
}

/* Everything from prepare to settle. */
static int configure(struct fixture *f, struct vz_err *err)
{
	const struct vz_configure_ops *ops = vz_configure_ops("rpm");
	int upper = root_dir(&f->root, "upper"), work = root_dir(&f->root, "work"), root = -1, rc;
	struct vz_capture capture = { .store = f->root.store, .upper_fd = upper, .date = f->c.date };
	struct vz_mount_plan plan = { .image_fd = -1, .upper_fd = upper, .work_fd = work, .volatile_upper = true };

	rc = ops->prepare(&f->c, f->tree, err);
	if (rc == 0) {
		vz_tree_count_links(f->tree);
		root_image(&f->root, f->tree);
		plan.image = f->root.image;
		root = vz_mount_new(f->root.store, &plan, err);
		ck_assert_msg(root >= 0, "%s", err->msg);
		rc = ops->run(&f->c, root, err);
		close(root);
	}
	close(work);
	if (rc == 0 && vz_capture(&capture, f->tree, err) == 0)
		rc = ops->settle(&f->c, f->tree, err);
	close(upper);
	ops->release(&f->c);
	return rc;
}

START_TEST(test_scripts)
{
	struct fixture f;
	struct vz_err err;
	Header h;

	start(&f);
	h = rpm_new("one", "1", "2");
	add_script(h, RPMTAG_PRETRANS, RPMTAG_PRETRANSPROG, "<lua>",
		   "local f = io.open('/etc/seen', 'a') f:write('lua ', arg[1], ' ', arg[2], ' ', posix.stat('/proc/self') and "
		   "'proc' or 'no proc', '\\n') f:close() print('said', 'by lua')");
	add_script(h, RPMTAG_PREIN, RPMTAG_PREINPROG, "/bin/sh", "echo pre $1 $# $PWD $SYSTEMD_OFFLINE >>/etc/seen; id >/dev/null");
	headerPutStringArray(h, RPMTAG_POSTINPROG, (const char *[]){ "/bin/sh", "-u" }, 2);
	headerPutString(h, RPMTAG_POSTIN, "echo post $- >>/etc/seen; test -e /proc/self/exe; cat; echo x >/etc/passwd-");
	headerPutString(h, RPMTAG_POSTTRANSPROG, "/bin/true");
	rpm_file(h, "/etc/big");
	add(&f, "one", h, NULL);
	h = rpm_new("two", "1", "2");
	headerPutString(h, RPMTAG_FILETRIGGERNAME, "/etc");
	headerPutString(h, RPMTAG_FILETRIGGERVERSION, "");
	headerPutUint32(h, RPMTAG_FILETRIGGERFLAGS, &(uint32_t){ 1 << 16 }, 1);
	headerPutUint32(h, RPMTAG_FILETRIGGERINDEX, &(uint32_t){ 0 }, 1);
	headerPutUint32(h, RPMTAG_FILETRIGGERPRIORITIES, &(uint32_t){ 5 }, 1);
	headerPutString(h, RPMTAG_FILETRIGGERSCRIPTS, "for name in rpm.next_file do os.execute('echo ' .. name .. ' >>/etc/seen') end");
	headerPutString(h, RPMTAG_FILETRIGGERSCRIPTPROG, "<lua>");
	add(&f, "two", h, NULL);
	if (configure(&f, &err) < 0)
		ck_abort_msg("%s: %s", err.msg, f.log.data);
	text_is(&f, "/etc/seen", "lua <lua> 1 no proc\npre 1 1 / 1\npost u\n/etc/big\n");
	ck_assert_msg(strstr(f.log.data, "== one: %pretrans\nsaid\tby lua\n== one: %pre\n"), "%s", f.log.data);
	ck_assert_ptr_null(vz_tree_find(f.tree, "/etc/passwd-"));
	ck_assert_ptr_nonnull(vz_tree_find(f.tree, "/var/lib/rpm/rpmdb.sqlite"));
	finish(&f);
}
END_TEST

/* Runs one package with this script, which fails. */
static void fails(const char *interpreter, const char *body, const char *message)
{
	struct fixture f;
	struct vz_err err;
	Header h = rpm_new("bad", "1", "2");

	start(&f);
	add_script(h, RPMTAG_POSTIN, RPMTAG_POSTINPROG, interpreter, body);
	add(&f, "bad", h, NULL);
	must_fail(configure(&f, &err), VZ_SCRIPT, message);
	finish(&f);
}

START_TEST(test_failures)
{
	fails("/bin/sh", "echo why; exit 1", "package 'bad': its %post ended with status 1");
	fails("/bin/sh", "kill -9 $$", "package 'bad': its %post was ended by signal 9");
	fails("/bin/absent", "x", "package 'bad': its %post: start '/bin/absent' inside");
	fails("<lua>", "error('no')", "package 'bad': its %post ended with status 1");
	fails("<lua>", "this is not lua", "package 'bad': its %post ended with status 1");
	setenv("VZPKG_SCRIPT_SECONDS", "1", 1);
	fails("/bin/sh", "sleep 1000", "package 'bad': its %post: '/bin/sh' did not end within 1 seconds");
	fails("<lua>", "while true do end", "did not end within 1 seconds");
	unsetenv("VZPKG_SCRIPT_SECONDS");
}
END_TEST

START_TEST(test_owners)
{
	static const unsigned char caps[20] = { 1, 0, 0, 2, 0, 4 };
	struct fixture f;
	struct vz_err err;
	const struct vz_xattr *x;
	struct vz_node *n;
	Header h;

	start(&f);
	put(&f, "/etc/passwd", 0644, "root:x:0:0::/root:/bin/sh\n");
	put(&f, "/etc/group", 0644, "root:x:0:\n");
	put(&f, "/etc/shadow", 0600, "root:*:1::::::\n");
	put(&f, "/srv/tool", 06755, "x");
	vz_node_set_xattr(vz_tree_find(f.tree, "/srv/tool"), "security.capability", caps, sizeof caps);
	put(&f, "/srv/other", 0644, "x");
	h = rpm_new("owned", "1", "2");
	add_script(h, RPMTAG_PREIN, RPMTAG_PREINPROG, "/bin/sh",
		   "echo u:x:77:78::/:/bin/sh >>/etc/passwd; echo g:x:78: >>/etc/group");
	add_script(h, RPMTAG_POSTIN, RPMTAG_POSTINPROG, "/bin/sh", "stat -c %u:%g:%a /srv/tool /srv/other >/etc/seen");
	headerPutString(h, RPMTAG_PROVIDENAME, "user(s)");
	headerPutString(h, RPMTAG_PROVIDEVERSION, "dSBzIDEyMyAiQSB1c2VyIiAvdmFyL2xpYi91IC0=");      /* u s 123 "A user" … */
	headerPutUint32(h, RPMTAG_PROVIDEFLAGS, &(uint32_t){ 8 }, 1);
	add(&f, "owned", h, "u g /srv/tool\nnobody-such root /srv/other\ns s /srv/absent\n");
	if (configure(&f, &err) < 0)
		ck_abort_msg("%s: %s", err.msg, f.log.data);
	text_is(&f, "/etc/seen", "77:78:6755\n0:0:644\n");
	text_is(&f, "/etc/passwd", "root:x:0:0::/root:/bin/sh\ns:x:123:123:A user:/var/lib/u:/usr/sbin/nologin\nu:x:77:78::/:/bin/sh\n");
	text_is(&f, "/etc/group", "root:x:0:\ns:x:123:\ng:x:78:\n");
	text_is(&f, "/etc/shadow", "root:*:1::::::\ns:!*:19675::::::\n");
	n = vz_tree_find(f.tree, "/srv/tool");
	ck_assert_uint_eq(n->uid, 77);
	ck_assert_uint_eq(n->mode, S_IFREG | 06755);
	x = vz_node_xattr(n, "security.capability");
	ck_assert(x && x->len == sizeof caps);
	ck_assert_mem_eq(x->value, caps, sizeof caps);
	ck_assert_msg(strstr(f.log.data, "warning: user nobody-such does not exist - using root\n"), "%s", f.log.data);
	finish(&f);
}
END_TEST

/* A second stage adds to the database, fires what the first brought, and moves the database if it has to. */
START_TEST(test_second_stage)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_free char *upper = NULL, *work = NULL;
	struct vz_rpmdb_place place;
	struct fixture f;
	struct vz_err err;
	Header h;

	start(&f);
	h = rpm_new("base", "1", "2");
	headerPutString(h, RPMTAG_TRIGGERNAME, "more");
	headerPutString(h, RPMTAG_TRIGGERVERSION, "");
	headerPutUint32(h, RPMTAG_TRIGGERFLAGS, &(uint32_t){ 1 << 16 }, 1);
	headerPutUint32(h, RPMTAG_TRIGGERINDEX, &(uint32_t){ 0 }, 1);
	headerPutString(h, RPMTAG_TRIGGERSCRIPTS, "echo fired $1 $2 >/etc/seen");
	headerPutString(h, RPMTAG_TRIGGERSCRIPTPROG, "/bin/sh");
	add(&f, "base", h, NULL);
	must(configure(&f, &err));
	ck_assert_ptr_nonnull(vz_tree_find(f.tree, "/var/lib/rpm/rpmdb.sqlite"));

	upper = vz_printf("%s/upper", f.root.dir);
	work = vz_printf("%s/work", f.root.dir);
	f.parent = f.tree;
	f.tree = vz_tree_copy(f.parent);
	f.c.parent = f.parent;
	vz_record_free((struct vz_record *)f.packages[0].record);
	f.c.n = 0;
	put(&f, "/usr/lib/rpm/macros.d/macros.x", 0644, "%_dbpath %{_usr}/lib/sysimage/rpm\n%_db_backend ndb\n");
	add(&f, "more", rpm_new("more", "1", "2"), NULL);
	must(vz_remove_tree(AT_FDCWD, upper, &err));
	must(vz_remove_tree(AT_FDCWD, work, &err));
	if (configure(&f, &err) < 0)
		ck_abort_msg("%s: %s", err.msg, f.log.data);
	text_is(&f, "/etc/seen", "fired 1 1\n");
	ck_assert_ptr_null(vz_tree_find(f.tree, "/var/lib/rpm/rpmdb.sqlite"));
	must(vz_rpmdb_find(f.root.store, f.tree, &place, &err));
	must(vz_rpmdb_read(f.root.store, f.tree, &place, &e, &err));
	ck_assert_uint_eq(e.n, 2);
	finish(&f);
}
END_TEST

START_TEST(test_refused)
{
	struct fixture f;
	struct vz_err err;

	start(&f);
	add(&f, "a", rpm_new("a", "1", "2"), NULL);
	f.packages[0].version = "1-3";
	must_fail(configure(&f, &err), VZ_FAILED, "package 'a': its header is of 'a-1-2.noarch'");
	finish(&f);
}
END_TEST

UNIT_MAIN("configure-rpm", test_scripts, test_failures, test_owners, test_second_stage, test_refused)
