/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/moving.h"

#define PRIVATE "echo root:x >/etc/passwd; ln /etc/passwd /etc/passwd.bak; chmod 604 /etc/passwd; mkdir -p /var/cache/c; " \
	"echo cache >/var/cache/c/f; ln -s f /var/cache/c/l; echo mine >/etc/mine; rm /etc/doomed; sleep 0.01"

static const struct wish merge[] = {
	{ VZ_UPPER_PUT, "/etc/passwd", "root:x\nnew:x\n" },
	{ VZ_UPPER_PUT, "/etc/doomed.vzpkg-new", "# new\n" },
	{ VZ_UPPER_DROP, "/var/cache/c", NULL },
	{ VZ_UPPER_DIR, "/etc", NULL },
	{ VZ_UPPER_DIR, "/opt", NULL },
	{ VZ_UPPER_DIR, "/opt/x", NULL },
	{ VZ_UPPER_PUT, "/opt/x/y", "y" },
	{ VZ_UPPER_HIDE, "/etc/big", NULL },
	{ VZ_UPPER_DROP, "/etc/absent", NULL },
	{ 0 },
};

static void check_merged(struct place *p)
{
	check_content(p, "etc/passwd", "root:x\nnew:x\n");
	check_content(p, "etc/passwd.bak", "root:x\n");
	check_content(p, "etc/mine", "mine\n");
	check_content(p, "opt/x/y", "y");
	check_content(p, "var/cache/c/f", "(none)");
	ck_assert_int_eq(inside(p, "test $(cat /etc/version) = 2 && grep -q new /etc/passwd && ! test -e /etc/big && "
				   "! test -e /var/cache/c && test $(stat -c %a /opt/x) = 750 && cat /etc/doomed.vzpkg-new "
				   ">/dev/null && ! test -e /etc/doomed"), 0);
}

START_TEST(test_changes)
{
	auto_place struct place p = place_new();
	auto_free char *before = NULL, *after = NULL, *gone = NULL;
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	before = picture(&p, PICTURE_ALL);
	must(move(&p, 2, 0, merge, &done, &err));
	ck_assert_uint_eq(done.changes.n, sizeof merge / sizeof *merge - 1);
	ck_assert_uint_eq(p.planned, 1);
	vz_env_moved_release(&done);
	check_settled(&p);
	check_merged(&p);

	/* each file comes back, the very inode, and nothing else is left */
	must(move(&p, 0, 0, NULL, &done, &err));
	ck_assert_uint_eq(done.after.generation, 1);
	ck_assert_int_eq(done.changes.changes[0].why, VZ_UPPER_GUARD);
	ck_assert_int_eq(done.changes.changes[1].why, VZ_UPPER_BACK);
	ck_assert_uint_eq(done.changes.n_conflicts, 0);
	vz_env_moved_release(&done);
	after = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(after, before);
	check_settled(&p);
	ck_assert_int_lt(faccessat(p.upper, "../generations/2.undo", F_OK, 0), 0);
	ck_assert_int_eq(inside(&p, "test $(cat /etc/version) = 1 && cmp /etc/passwd /etc/passwd.bak 2>/dev/null || "
				    "test $(cat /etc/passwd) = root:x"), 0);
	gone = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(gone, before);
}
END_TEST

/* What the tenant changed since stays, or is the planner's; the rest goes back. */
START_TEST(test_changed_since)
{
	static const struct wish again[] = {
		{ VZ_UPPER_PUT, "/etc/passwd", "root:x\ntenant:x\n" },
		{ VZ_UPPER_PUT, "/opt/x/y", "not this: it is given back" },
		{ 0 },
	};
	auto_place struct place p = place_new();
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	for (int planned = 0; planned < 2; planned++) {
		ck_assert_int_eq(inside(&p, planned ? "echo root:x >/etc/passwd" : PRIVATE), 0);
		must_move(&p, 2, 0, merge);
		ck_assert_int_eq(inside(&p, "echo tenant:x >>/etc/passwd; chmod 700 /opt/x; echo z >/opt/x/z; "
					    "mkdir -p /var/cache/c"), 0);
		must(move(&p, 0, 0, planned ? again : NULL, &done, &err));
		check_content(&p, "etc/passwd", planned ? "root:x\ntenant:x\n" : "root:x\nnew:x\ntenant:x\n");
		check_content(&p, "opt/x/y", "(none)");
		check_content(&p, "opt/x/z", "z\n");
		check_content(&p, "etc/doomed.vzpkg-new", "(none)");
		check_content(&p, "var/cache/c/f", "(none)");
		ck_assert_uint_eq(done.changes.n_conflicts, planned ? 1 : 3);
		for (size_t i = 0; i < done.changes.n_conflicts; i++)
			ck_assert_ptr_nonnull(strstr(done.changes.conflicts[i].what, "it stays as it is"));
		vz_env_moved_release(&done);
		ck_assert_int_eq(inside(&p, "rm -r /opt/x /var/cache/c"), 0);
	}
}
END_TEST

/* Several moves at once; a change of a change; a way that is not back. */
START_TEST(test_chain)
{
	static const struct wish second[] = {
		{ VZ_UPPER_PUT, "/etc/passwd", "third\n" },
		{ VZ_UPPER_DROP, "/opt/x/y", NULL },
		{ VZ_UPPER_DIR, "/var", NULL },
		{ VZ_UPPER_DIR, "/var/cache", NULL },
		{ VZ_UPPER_DIR, "/var/cache/c", NULL },
		{ VZ_UPPER_PUT, "/var/cache/c/f", "other\n" },
		{ 0 },
	};
	auto_place struct place p = place_new();
	auto_free char *one = NULL, *two = NULL, *back = NULL;
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	one = picture(&p, PICTURE_ALL);
	for (int i = 0; i < 2; i++) {
		must_move(&p, i ? 0 : 2, i ? 2 : 0, merge);
		two = picture(&p, PICTURE_ALL);
		must_move(&p, i ? 0 : 3, i ? 3 : 0, second);
		ck_assert_uint_eq(generation(&p), 3);
		check_content(&p, "var/cache/c/f", "other\n");
		if (i) {
			must_move(&p, 0, 2, NULL);
			back = picture(&p, PICTURE_ALL);
			ck_assert_str_eq(back, two);
			free(steal(&back));
			must_move(&p, 0, 3, second);
		}
		must_move(&p, 0, 1, NULL);
		back = picture(&p, PICTURE_ALL);
		ck_assert_str_eq(back, one);
		free(steal(&back));
		free(steal(&two));
	}
	/* 3 is not on the way from 1 to 2: the planner decides, and that can be taken back again */
	must_move(&p, 0, 3, merge);
	one = (free(one), picture(&p, PICTURE_ALL));
	must_move(&p, 0, 2, second);
	must(vz_env_read(p.r.store, "a", &e, &err));
	ck_assert_uint_eq(e.generation, 2);
	ck_assert_uint_eq(e.from, 3);
	must_move(&p, 0, 3, NULL);
	back = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(back, one);
}
END_TEST

static void touch_passwd(struct place *p)
{
	struct vz_err err = {0};

	must(vz_write_file(p->upper, "etc/passwd", "tenant\n", 7, 0644, &err));
}

static void touch_passwd_once(struct place *p)
{
	if (p->planned == 1)
		touch_passwd(p);
}

/* A plan that was overtaken is made again; one that always is changes nothing. */
START_TEST(test_overtaken)
{
	auto_place struct place p = place_new();
	auto_free char *before = NULL, *after = NULL;
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	p.meanwhile = touch_passwd_once;
	must_move(&p, 2, 0, merge);
	ck_assert_uint_eq(p.planned, 2);
	check_content(&p, "etc/passwd", "root:x\nnew:x\n");
	must_move(&p, 0, 0, NULL);
	check_content(&p, "etc/passwd", "tenant\n");

	before = picture(&p, PICTURE_FILES);
	p.planned = 0;
	p.meanwhile = touch_passwd;
	must_fail(move(&p, 2, 0, merge, &done, &err), VZ_BUSY, "environment 'a': '/etc/passwd' has changed meanwhile");
	ck_assert_uint_eq(p.planned, 5);
	ck_assert_uint_eq(generation(&p), 1);
	check_settled(&p);
	free(steal(&before));
	p.meanwhile = NULL;
	before = picture(&p, PICTURE_FILES);
	p.no_seen = true;
	must_fail(move(&p, 2, 0, merge, &done, &err), VZ_BUSY, "has changed meanwhile");
	after = picture(&p, PICTURE_FILES);
	ck_assert_str_eq(after, before);
	ck_assert_int_eq(inside(&p, "test $(cat /etc/version) = 1"), 0);
}
END_TEST

/* What cannot be made ends it before anything has changed. */
START_TEST(test_impossible)
{
	static const struct wish bad_path[] = { { VZ_UPPER_PUT, "/../x", "x" }, { 0 } };
	static const struct wish no_dir[] = { { VZ_UPPER_PUT, "/etc/mine/x", "x" }, { 0 } };
	auto_place struct place p = place_new();
	auto_free char *before = NULL, *after = NULL;
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	before = picture(&p, PICTURE_ALL);
	must_fail(move(&p, 2, 0, bad_path, &done, &err), VZ_FAILED, "'/../x' cannot be the path of a private file");
	must_fail(move(&p, 2, 0, no_dir, &done, &err), VZ_BUSY, "'/etc/mine/x' has changed meanwhile");
	after = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(after, before);
	check_settled(&p);
	ck_assert_uint_eq(generation(&p), 1);
}
END_TEST

/* A dry run plans and changes nothing. */
START_TEST(test_dry_run)
{
	auto_place struct place p = place_new();
	struct vz_composition two = version(&p, 2);
	struct vz_env_move m = { .name = "a", .to = &two, .reason = "test", .dry_run = true, .plan = plan, .plan_ctx = &p };
	auto_free char *before = NULL, *after = NULL;
	struct vz_env_moved done = {0};
	struct vz_err err = {0};

	p.wishes = merge;
	must(vz_env_move(p.r.store, &m, &done, &err));
	ck_assert_uint_eq(done.changes.n, 0);        /* no private area, nothing in it */
	vz_env_moved_release(&done);
	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	before = picture(&p, PICTURE_ALL);
	must(vz_env_move(p.r.store, &m, &done, &err));
	ck_assert_uint_eq(done.after.generation, 2);
	ck_assert_uint_eq(done.changes.n, sizeof merge / sizeof *merge - 1);
	vz_env_moved_release(&done);
	after = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(after, before);
	ck_assert_uint_eq(generation(&p), 1);
	check_settled(&p);
}
END_TEST

static pid_t start(struct place *p, const char *script)
{
	pid_t pid;

	inside(p, "rm -f /root/ready /root/go");
	pid = fork();
	if (pid == 0) {
		auto_free char *whole = vz_printf("echo >/root/ready; until test -e /root/go; do sleep 0.01; done; %s", script);
		int status = inside(p, whole);

		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
	}
	while (faccessat(p->upper, "root/ready", F_OK, 0) < 0)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	return pid;
}

static int finish(struct place *p, pid_t pid)
{
	int status;

	inside(p, "echo >/root/go");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A process sees all of it at once, there and back. */
START_TEST(test_running)
{
	auto_place struct place p = place_new();
	struct vz_env_moved done = {0};
	struct vz_err err = {0};
	pid_t pid;

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	pid = start(&p, "test $(cat /etc/version) = 2 && grep -q new /etc/passwd && ! test -e /var/cache/c");
	must(move(&p, 2, 0, merge, &done, &err));
	ck_assert_uint_ge(done.remap.processes, 1);
	ck_assert_uint_eq(done.remap.n_left, 0);
	vz_env_moved_release(&done);
	ck_assert_int_eq(finish(&p, pid), 0);
	check_merged(&p);
	pid = start(&p, "test $(cat /etc/version) = 1 && ! grep -q new /etc/passwd && test -e /var/cache/c/l");
	must_move(&p, 0, 0, NULL);
	ck_assert_int_eq(finish(&p, pid), 0);
	check_settled(&p);
}
END_TEST

static int mount_tmpfs(void *where, struct vz_err *err)
{
	return mount("none", where, "tmpfs", 0, NULL) < 0 ? vz_err_sys(err, "mount") : 0;
}

/* What runs cannot follow: all that was changed is taken back. */
START_TEST(test_no_place)
{
	auto_place struct place p = place_new();
	auto_free char *before = NULL, *after = NULL;
	struct vz_env_moved done = {0};
	struct vz_err err = {0};
	char *where;
	pid_t pid;

	ck_assert_int_eq(inside(&p, PRIVATE), 0);
	must(vz_env_mount(p.r.store, "a", NULL, &where, &err));
	pid = start(&p, "test $(cat /etc/version) = 1 && test $(cat /etc/passwd) = root:x");
	before = picture(&p, PICTURE_ALL);
	free(where);
	where = vz_printf("%s/envs/a/root/srv/old", vz_store_path(p.r.store));
	must(mount_tmpfs(where, &err));
	must_fail(move(&p, 3, 0, merge, &done, &err), VZ_BUSY, "srv/old' cannot be moved");
	ck_assert_uint_eq(generation(&p), 1);
	after = picture(&p, PICTURE_ALL);
	ck_assert_str_eq(after, before);
	check_settled(&p);
	ck_assert_int_eq(umount(where), 0);
	free(where);
	ck_assert_int_eq(finish(&p, pid), 0);
	must(vz_env_umount(p.r.store, "a", &err));
}
END_TEST

UNIT_MAIN("env-move", test_changes, test_changed_since, test_chain, test_overtaken, test_impossible, test_dry_run,
	  test_running, test_no_place)
