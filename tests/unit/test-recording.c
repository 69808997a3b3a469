/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings made of two small trees, and put on a third.
 */
#include "builder/recording.h"

#include "tests/unit/unit.h"

#include "builder/content.h"
#include "builder/inventory.h"
#include "tests/unit/scratch.h"
#include "tests/unit/trees.h"

static struct vz_err err;
static struct vz_store *store;           /* of the test that runs */

struct place {
	char *dir;
};

static struct place place_new(void)
{
	struct place p = { scratch_new() };

	store = vz_store_open(p.dir, VZ_STORE_CHANGE, &err);
	ck_assert_msg(store, "%s", err.msg);
	return p;
}

static void place_free(struct place *p)
{
	vz_store_close(store);
	scratch_free(&p->dir);
}
#define auto_place __attribute__((cleanup(place_free)))

#define STANZA(name, version) "Package: " name "\nStatus: install ok installed\nArchitecture: all\nVersion: " version "\n"

static void put(struct vz_tree *t, const char *path, const char *text)
{
	const struct vz_content_file f = { path, 0644, 0, text, strlen(text) };

	must(vz_content_write(store, t, &f, &err));
}

/* A composition: a package "one" 1, and users. */
static struct vz_tree *composition(void)
{
	struct vz_tree *t = trees_read("d /etc\nd /usr\nd /usr/bin\nd /usr/share\nd /var\nd /var/lib\nd /var/lib/dpkg\nd /var/lib/dpkg/info\n"
				       "d /tmp\nd /root\nd /var/log\nf /usr/bin/one one 1~\nf /usr/share/one same~\nf /etc/one.conf one~\n"
				       "d /usr/gone\nf /usr/gone/file x\nl /bin usr/bin\n");

	put(t, "/var/lib/dpkg/status", STANZA("one", "1"));
	put(t, "/var/lib/dpkg/info/one.list", "/.\n/bin\n/bin/one\n/usr/share/one\n/etc/one.conf\n");
	put(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
	put(t, "/etc/group", "root:x:0:\n");
	put(t, "/etc/shadow", "root:*:1::::::\n");
	return t;
}

/* What came of it: "one" 2, "two", a tool, a user, and much that is nobody else's business. */
static struct vz_tree *changed(void)
{
	struct vz_tree *t = composition();
	struct vz_node *n;

	put(t, "/var/lib/dpkg/status", STANZA("one", "2") "\n" STANZA("two", "5") "\n"
	    "Package: half\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n");
	put(t, "/var/lib/dpkg/info/two.list", "/.\n/usr/bin/two\n");
	put(t, "/usr/bin/one", "one 2\n");
	put(t, "/usr/bin/two", "two 5\n");
	put(t, "/usr/local/bin/tool", "tool\n");
	vz_tree_find(t, "/usr/local/bin/tool")->uid = 100;
	n = vz_node_add(vz_tree_find(t, "/usr/local/bin"), "again", S_IFREG | 0644);
	vz_node_set_link(n, vz_tree_find(t, "/usr/local/bin/tool"));
	put(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nsvc:x:100:100::/:/bin/false\n");
	put(t, "/etc/group", "root:x:0:\nsvc:x:100:\n");
	put(t, "/etc/shadow", "root:$6$secret:2::::::\nsvc:$6$other:3::::::\n");
	put(t, "/root/.ssh/id", "secret");
	put(t, "/tmp/x", "x");
	put(t, "/var/log/svc/log", "noise");
	put(t, "/etc/machine-id", "0123\n");
	put(t, "/etc/svc.pem", "-----BEGIN RSA PRIVATE KEY-----\n");
	vz_tree_remove(t, vz_tree_find(t, "/usr/gone"));
	return t;
}

static struct vz_tree *record(struct vz_recording_make *m)
{
	struct vz_tree *from = composition(), *to = changed(), *t;

	m->store = store;
	m->family = "deb";
	m->template = "os";
	m->from = from;
	m->to = to;
	t = vz_recording_make(m, &err);
	vz_tree_free(from);
	vz_tree_free(to);
	ck_assert_msg(t, "%s", err.msg);
	return t;
}

static void has(const struct vz_tree *t, const char *path, const char *text)
{
	const struct vz_node *n = vz_tree_find(t, path);
	auto_buf struct vz_buf b = {0};

	ck_assert_msg(n, "'%s' is missing", path);
	must(vz_content_get(store, n, &b, &err));
	ck_assert_str_eq(b.data ? b.data : "", text);
}

static void has_not(const struct vz_tree *t, const char *path)
{
	ck_assert_msg(!vz_tree_find(t, path), "'%s' is there", path);
}

START_TEST(test_make)
{
	auto_place struct place p = place_new();
	struct vz_recording_make m = {0};
	auto_tree struct vz_tree *t = record(&m);

	ck_assert_uint_eq(m.about.packages.n, 2);
	ck_assert_str_eq(m.about.packages.v[0], "one 2 all asked");
	ck_assert_str_eq(m.about.packages.v[1], "two 5 all asked");
	ck_assert_uint_eq(m.users.n, 2);
	ck_assert_str_eq(m.users.v[0], "user svc");
	has(t, "/files/usr/bin/one", "one 2\n");
	has(t, "/before/usr/bin/one", "one 1\n");
	/* of the package that changed also what did not */
	has(t, "/files/usr/share/one", "same\n");
	has(t, "/before/usr/share/one", "same\n");
	has(t, "/files/usr/local/bin/tool", "tool\n");
	ck_assert_ptr_eq(vz_node_inode(vz_tree_find(t, "/files/usr/local/bin/again")),
			 vz_node_inode(vz_tree_find(t, "/files/usr/local/bin/tool")));
	has(t, "/files/etc/shadow", "root:*:1::::::\nsvc:!:3::::::\n");
	ck_assert(vz_tree_find(t, "/removed/usr/gone") && !(vz_tree_find(t, "/removed/usr/gone")->mode & 07777));
	ck_assert(vz_tree_find(t, "/removed/usr")->mode & 0700);
	has(t, "/removed/usr/gone/file", "");
	has(t, "/before/usr/gone/file", "x");
	ck_assert_uint_eq(m.removed, 1);
	has_not(t, "/files/root/.ssh");
	has_not(t, "/files/tmp");
	has_not(t, "/files/var/log/svc/log");
	ck_assert(vz_tree_find(t, "/files/var/log/svc"));
	has_not(t, "/files/etc/machine-id");
	has_not(t, "/files/etc/svc.pem");
	ck_assert_uint_eq(m.left_out.n, 2);
	ck_assert_str_eq(m.left_out.v[0], "/etc/svc.pem");
	ck_assert_str_eq(m.left_out.v[1], "/root/.ssh");
	vz_recording_make_release(&m);
}
END_TEST

START_TEST(test_include_exclude)
{
	auto_place struct place p = place_new();
	struct vz_recording_make m = {0};
	auto_tree struct vz_tree *t = NULL;

	vz_texts_add(&m.include, "/root/.ssh/id");
	vz_texts_add(&m.include, "/var/log/svc");
	vz_texts_add(&m.exclude, "/usr/local/");
	t = record(&m);
	has(t, "/files/root/.ssh/id", "secret");
	has(t, "/files/var/log/svc/log", "noise");
	has_not(t, "/files/usr/local");
	vz_recording_make_release(&m);
}
END_TEST

START_TEST(test_nothing)
{
	auto_place struct place p = place_new();
	auto_tree struct vz_tree *from = composition(), *to = composition();
	struct vz_recording_make m = { .store = store, .family = "deb", .template = "os", .from = from, .to = to };

	put(to, "/tmp/x", "x");
	ck_assert_ptr_null(vz_recording_make(&m, &err));
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	vz_recording_make_release(&m);
}
END_TEST

static int apply(const struct vz_tree *recording, const char *family, struct vz_tree *t)
{
	auto_buf struct vz_buf log = {0};
	struct vz_recording_apply a = { .store = store, .family = family, .recording = recording, .tree = t, .log = &log };

	return vz_recording_apply(&a, &err);
}

START_TEST(test_apply)
{
	auto_place struct place p = place_new();
	struct vz_recording_make m = {0};
	auto_tree struct vz_tree *recording = record(&m), *t = composition();
	const struct vz_node *tool;

	/* another composition: with a package, and with a user that has svc's number */
	put(t, "/var/lib/dpkg/status", STANZA("one", "1") "\n" STANZA("three", "3"));
	put(t, "/usr/bin/three", "three\n");
	put(t, "/usr/gone/mine", "stays");
	put(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:100:100::/:/bin/false\n");
	put(t, "/etc/group", "root:x:0:\nweb:x:100:\n");
	put(t, "/etc/shadow", "root:*:1::::::\nweb:!:1::::::\n");
	must(apply(recording, "deb", t));
	has(t, "/usr/bin/one", "one 2\n");
	has(t, "/usr/bin/two", "two 5\n");
	has(t, "/usr/bin/three", "three\n");
	has(t, "/etc/one.conf", "one\n");
	has(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nsvc:x:101:101::/:/bin/false\nweb:x:100:100::/:/bin/false\n");
	has(t, "/etc/shadow", "root:*:1::::::\nsvc:!:3::::::\nweb:!:1::::::\n");
	tool = vz_node_inode(vz_tree_find(t, "/usr/local/bin/tool"));
	ck_assert_uint_eq(tool->uid, 101);
	ck_assert_uint_eq(tool->n_links, 1);
	has_not(t, "/usr/gone/file");
	has(t, "/usr/gone/mine", "stays");
	has_not(t, "/files");
	has_not(t, "/about");
	{
		auto_inventory struct vz_inventory v = {0};

		must(vz_inventory_read(store, "deb", t, &v, &err));
		ck_assert_uint_eq(v.n, 3);
		ck_assert_str_eq(vz_inventory_find(&v, "one", "all")->version, "2");
		ck_assert_ptr_nonnull(vz_inventory_find(&v, "three", "all"));
		ck_assert_ptr_null(vz_inventory_find(&v, "half", "all"));
	}
	vz_recording_make_release(&m);
}
END_TEST

/* What would make a mess of the tree is refused. */
START_TEST(test_apply_unfit)
{
	auto_place struct place p = place_new();
	struct vz_recording_make m = {0};
	auto_tree struct vz_tree *recording = record(&m), *t = composition(), *none = composition();

	ck_assert_int_eq(apply(recording, "rpm", t), -1);
	ck_assert_int_eq(err.code, VZ_UNRESOLVED);
	ck_assert_int_eq(apply(none, "deb", t), -1);
	ck_assert_int_eq(err.code, VZ_NOTFOUND);
	vz_node_set_symlink(vz_node_add(vz_tree_find(t, "/usr"), "local", S_IFLNK | 0777), "share");
	ck_assert_int_eq(apply(recording, "deb", t), -1);
	ck_assert_int_eq(err.code, VZ_UNRESOLVED);
	put(recording, "/about", "{\"format\": \"vzpkg-recording 2\"}\n");
	ck_assert_int_eq(apply(recording, "deb", t), -1);
	ck_assert_int_eq(err.code, VZ_DAMAGED);
	vz_recording_make_release(&m);
}
END_TEST

START_TEST(test_rules)
{
	ck_assert_int_eq(vz_recording_rule("/usr/bin/x", false, false), VZ_RECORDING_TAKE);
	ck_assert_int_eq(vz_recording_rule("/var/log/x", true, false), VZ_RECORDING_TAKE);
	ck_assert_int_eq(vz_recording_rule("/var/log/x", false, false), VZ_RECORDING_SKIP);
	ck_assert_int_eq(vz_recording_rule("/usr/lib/python3/__pycache__/x.pyc", false, false), VZ_RECORDING_SKIP);
	ck_assert_int_eq(vz_recording_rule("/usr/lib/python3/__pycache__/x.pyc", false, true), VZ_RECORDING_TAKE);
	ck_assert_int_eq(vz_recording_rule("/etc/machine-id", false, true), VZ_RECORDING_SKIP);
	ck_assert_int_eq(vz_recording_rule("/etc/ssh/ssh_host_rsa_key", false, false), VZ_RECORDING_SECRET);
	ck_assert_int_eq(vz_recording_rule("/home/me", true, false), VZ_RECORDING_SECRET);
	ck_assert_int_eq(vz_recording_rule("/root", true, false), VZ_RECORDING_TAKE);
}
END_TEST

UNIT_MAIN("recording", test_make, test_include_exclude, test_nothing, test_apply, test_apply_unfit, test_rules)
