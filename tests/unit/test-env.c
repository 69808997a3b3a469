/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "link/env.h"

static struct vz_composition template(const struct root *r)
{
	return (struct vz_composition){ .template_name = (char *)"small", .template_version = 3, .image = r->image };
}

static void create(const struct root *r, const char *name)
{
	struct vz_composition m = template(r);
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	must(vz_env_create(r->store, name, &m, &e, &err));
	ck_assert_str_eq(e.name, name);
}

/* Runs `sh -c SCRIPT`; the wait status, or -1. */
static int run(const struct root *r, const char *name, const char *script, struct vz_err *err)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	int status;

	return vz_env_exec(r->store, name, argv, &status, err) < 0 ? -1 : status;
}

static pid_t run_in_child(const struct root *r, const char *name, const char *script)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct vz_err err;
		int status = run(r, name, script, &err);

		if (status < 0)
			fprintf(stderr, "%s\n", err.msg);
		_exit(status < 0 || !WIFEXITED(status) ? 100 : WEXITSTATUS(status));
	}
	return pid;
}

static int wait_exit(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool running(const struct root *r, const char *name, bool want)
{
	for (int tries = 0; tries < 500 && vz_env_is_running(r->store, name) != want; tries++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	return vz_env_is_running(r->store, name);
}

START_TEST(test_record)
{
	struct vz_env e = {
		.name = (char *)"web1", .shows = { .template_name = (char *)"debian", .template_version = 4294967295 },
		.generation = 2, .created = 1, .since = -2, .reason = (char *)"a \"reason\"\n",
	};
	auto_env struct vz_env back = {0};
	auto_buf struct vz_buf text = {0}, again = {0};
	struct vz_err err = {0};

	memset(&e.shows.image, 0xab, sizeof e.shows.image);
	must(vz_env_format(&e, &text, &err));
	must(vz_env_parse(text.data, text.len, &back, &err));
	must(vz_env_format(&back, &again, &err));
	ck_assert_str_eq(text.data, again.data);
	ck_assert(vz_composition_same(&back.shows, &e.shows));
	ck_assert_int_eq(back.since, -2);
	e.reason = (char *)"\xff";
	must_fail(vz_env_format(&e, &again, &err), VZ_FAILED, "not UTF-8");
	/* every damaged byte is seen */
	for (size_t i = 0; i < text.len; i++) {
		auto_env struct vz_env other = {0};

		text.data[i] ^= 1;
		must_fail(vz_env_parse(text.data, text.len, &other, &err), VZ_DAMAGED, "the record");
		text.data[i] ^= 1;
	}
	must_fail(vz_env_parse("[]", 2, &back, &err), VZ_DAMAGED, "not a JSON object");
	vz_texts_release(&e.shows.apps);
	vz_texts_release(&e.shows.packages);
}
END_TEST

START_TEST(test_create_and_remove)
{
	auto_root struct root r = root_new();
	struct vz_composition m = template(&r);
	auto_env struct vz_env e = {0}, twice = {0};
	struct vz_err err = {0};
	char **names;
	size_t n;

	ck_assert(!vz_env_uses(r.store, "small", 0, &(char *){NULL}));
	create(&r, "b");
	create(&r, "a");
	must_fail(vz_env_create(r.store, "a", &m, &twice, &err), VZ_EXISTS, "environment 'a' exists already");
	must_fail(vz_env_create(r.store, "../a", &m, &twice, &err), VZ_USAGE, "cannot be the name");
	memset(&m.image, 1, sizeof m.image);
	must_fail(vz_env_create(r.store, "c", &m, &twice, &err), VZ_DAMAGED, "images/0101");

	must(vz_env_read(r.store, "a", &e, &err));
	ck_assert_str_eq(e.shows.template_name, "small");
	ck_assert_uint_eq(e.shows.template_version, 3);
	ck_assert_int_eq(vz_digest_cmp(&e.shows.image, &r.image), 0);
	ck_assert_uint_eq(e.generation, 1);
	must_fail(vz_env_read(r.store, "c", &twice, &err), VZ_NOTFOUND, "no environment 'c'");
	must_fail(vz_env_read(r.store, "../envs/a", &twice, &err), VZ_NOTFOUND, "no environment");

	names = vz_env_names(r.store, &n, &err);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "a");
	ck_assert_str_eq(names[1], "b");
	vz_names_free(names, n);

	must(vz_env_remove(r.store, "a", &err));
	must_fail(vz_env_remove(r.store, "a", &err), VZ_NOTFOUND, "no environment 'a'");
	must_fail(vz_env_remove(r.store, "../locks", &err), VZ_NOTFOUND, "no environment");
	create(&r, "a");
}
END_TEST

START_TEST(test_uses)
{
	auto_root struct root r = root_new();
	auto_free char *by = NULL, *damaged = NULL, *app = NULL;
	struct vz_composition c = template(&r);
	auto_env struct vz_env e = {0};
	struct vz_err err = {0};

	create(&r, "a");
	ck_assert(vz_env_uses(r.store, "small", 3, &by));
	ck_assert_str_eq(by, "a");
	ck_assert(!vz_env_uses(r.store, "small", 2, &damaged));
	ck_assert(!vz_env_uses(r.store, "smal", 0, &damaged));
	/* an application counts as well */
	vz_texts_add(&c.apps, "web@4");
	must(vz_env_create(r.store, "c", &c, &e, &err));
	vz_texts_release(&c.apps);
	ck_assert(vz_env_uses(r.store, "web", 0, &app));
	ck_assert_str_eq(app, "c");
	free(steal(&app));
	ck_assert(vz_env_uses(r.store, "web", 4, &app));
	ck_assert(!vz_env_uses(r.store, "web", 3, &damaged) && !vz_env_uses(r.store, "we", 0, &damaged));
	/* what cannot be read may be anything */
	must(vz_write_file(vz_store_fd(r.store), "envs/a/env.json", "{}\n", 3, 0600, &err));
	must_fail(vz_env_read(r.store, "a", &(struct vz_env){0}, &err), VZ_DAMAGED, "environment 'a': the record");
	ck_assert(vz_env_uses(r.store, "other", 0, &damaged));
	ck_assert_str_eq(damaged, "a");
	must(vz_env_remove(r.store, "a", &err));
}
END_TEST

/* Commands at the same time, and after each other, and a mount, are all one file system. */
START_TEST(test_exec)
{
	auto_root struct root r = root_new();
	int before = root_mounts();
	struct vz_err err = {0};
	uint64_t bytes;
	pid_t pid[4];

	create(&r, "a");
	create(&r, "b");
	must(vz_env_private_bytes(r.store, "a", &bytes, &err));
	ck_assert_uint_eq(bytes, 0);
	must_fail(run(&r, "c", "true", &err), VZ_NOTFOUND, "no environment 'c'");
	ck_assert_int_eq(run(&r, "a", "test $(hostname) = a && echo x >/etc/x && exit 5", &err), 5 << 8);
	for (int i = 0; i < 4; i++) {
		auto_free char *script = vz_printf("echo >/etc/by%d; for i in 0 1 2 3; do while ! test -e /etc/by$i; do "
						   "sleep 0.01; done; done", i);

		pid[i] = run_in_child(&r, "a", script);
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(wait_exit(pid[i]), 0);
	ck_assert_int_eq(run(&r, "a", "echo more >>/etc/big; test -e /etc/x && test -e /etc/by3", &err), 0);
	ck_assert_int_eq(run(&r, "b", "test -e /etc/x", &err), 1 << 8);
	ck_assert_int_le(root_mounts(), before);
	ck_assert(!vz_env_is_running(r.store, "a"));
	must(vz_env_private_bytes(r.store, "a", &bytes, &err));
	ck_assert(bytes >= 4096 && bytes < 65536);
	root_check_objects(&r);
}
END_TEST

/* Sealed private files are above the template's, and below what was written since. */
START_TEST(test_layer)
{
	auto_root struct root r = root_new();
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_env struct vz_env e = {0};
	auto_buf struct vz_buf text = {0};
	const struct vz_digest image = r.image;
	struct vz_digest unused;
	struct vz_err err = {0};

	create(&r, "a");
	vz_tree_make_dirs(t, "etc", 0755, 0);
	root_object(&r, t, "etc/big", 0644, "sealed\n" BIG, 7 + strlen(BIG), &unused);
	root_image(&r, t);
	must(vz_env_read(r.store, "a", &e, &err));
	e.layer = r.image;
	r.image = image;
	must(vz_env_format(&e, &text, &err));
	must(vz_write_file(vz_store_fd(r.store), "envs/a/env.json", text.data, text.len, 0600, &err));
	ck_assert_int_eq(run(&r, "a", "test $(head -n 1 /etc/big) = sealed && test -e /etc/resolv.conf && echo x >>/etc/big", &err), 0);
	ck_assert_int_eq(run(&r, "a", "test $(head -n 1 /etc/big) = sealed && grep -q x /etc/big", &err), 0);
}
END_TEST

START_TEST(test_mount)
{
	auto_root struct root r = root_new();
	auto_free char *where = NULL, *other = vz_printf("%s/a \"place\"", r.dir), *unused = NULL;
	auto_fd int dir = root_dir(&r, "a \"place\"");
	int before = root_mounts();
	struct vz_err err = {0};
	pid_t pid;

	create(&r, "a");
	must_fail(vz_env_umount(r.store, "a", &err), VZ_NOTFOUND, "'a' is not mounted");
	must_fail(vz_env_mount(r.store, "a", "/nowhere", &unused, &err), VZ_NOTFOUND, "/nowhere");
	must_fail(vz_env_mount(r.store, "b", NULL, &unused, &err), VZ_NOTFOUND, "no environment 'b'");
	pid = run_in_child(&r, "a", "echo >/etc/first; while ! test -e /etc/second; do sleep 0.01; done");
	ck_assert(running(&r, "a", true));
	must_fail(vz_env_remove(r.store, "a", &err), VZ_BUSY, "a command runs in environment 'a'");
	must(vz_env_mount(r.store, "a", NULL, &where, &err));
	ck_assert(vz_env_is_mounted(r.store, "a"));
	must_fail(vz_env_mount(r.store, "a", other, &unused, &err), VZ_BUSY, "is mounted already");
	must_fail(vz_env_remove(r.store, "a", &err), VZ_BUSY, "'a' is mounted");
	ck_assert_int_eq(run(&r, "a", "while ! test -e /etc/first; do sleep 0.01; done; echo >/etc/second", &err), 0);
	ck_assert_int_eq(wait_exit(pid), 0);
	must(vz_env_umount(r.store, "a", &err));
	ck_assert(!vz_env_is_mounted(r.store, "a"));

	must(vz_env_mount(r.store, "a", other, &unused, &err));
	ck_assert_str_eq(unused, other);
	ck_assert_int_eq(faccessat(dir, "../a \"place\"/etc/second", F_OK, 0), 0);
	must(vz_env_umount(r.store, "a", &err));
	ck_assert_int_eq(faccessat(dir, "../a \"place\"/etc/second", F_OK, 0), -1);
	must(vz_env_remove(r.store, "a", &err));
	ck_assert_int_le(root_mounts(), before);
}
END_TEST

START_TEST(test_killed)
{
	auto_root struct root r = root_new();
	int before = root_mounts();
	struct vz_err err = {0};

	create(&r, "a");
	for (int i = 0; i < 3; i++) {
		pid_t pid = run_in_child(&r, "a", "echo >>/etc/by; sleep 100"), second;

		ck_assert(running(&r, "a", true));
		second = run_in_child(&r, "a", "while ! test -e /etc/go; do sleep 0.01; done");
		kill(pid, SIGKILL);
		ck_assert_int_eq(wait_exit(pid), -SIGKILL);
		ck_assert_int_eq(run(&r, "a", "echo >/etc/go", &err), 0);
		ck_assert_int_eq(wait_exit(second), 0);
		ck_assert(!running(&r, "a", false));
		ck_assert_int_eq(run(&r, "a", "rm /etc/go", &err), 0);
	}
	ck_assert_int_le(root_mounts(), before);
	must(vz_env_remove(r.store, "a", &err));
}
END_TEST

UNIT_MAIN("env", test_record, test_create_and_remove, test_uses, test_exec, test_layer, test_mount, test_killed)
