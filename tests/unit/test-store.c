/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/object.h"
#include "store/store.h"
#include "tests/unit/scratch.h"

static struct vz_store *open_in(const char *dir, enum vz_store_mode mode)
{
	struct vz_err err = {0};
	auto_free char *root = vz_printf("%s/deep/root", dir);
	struct vz_store *s = vz_store_open(root, mode, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

/* vz_store_open() must fail with `code` and a message that has `text`. */
static void refused(const char *root, enum vz_store_mode mode, enum vz_code code, const char *text)
{
	struct vz_err err = {0};
	struct vz_store *s = vz_store_open(root, mode, &err);

	ck_assert_ptr_null(s);
	ck_assert_msg(err.code == code && strstr(err.msg, text), "%d: %s", err.code, err.msg);
}

START_TEST(test_open)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/deep/root", dir), *version = vz_printf("%s/version", root);
	struct vz_err err = {0};
	struct stat st;

	refused(root, VZ_STORE_READ, VZ_NOTFOUND, "there is no store at");
	vz_store_close(open_in(dir, VZ_STORE_CHANGE));
	ck_assert_int_eq(stat(root, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	vz_store_close(open_in(dir, VZ_STORE_READ));
	vz_store_close(open_in(dir, VZ_STORE_CHANGE));

	refused(dir, VZ_STORE_READ, VZ_NOTFOUND, "is not a vzpkg store");
	refused(dir, VZ_STORE_CHANGE, VZ_FAILED, "is not a vzpkg store, and not empty ('deep')");
	must(vz_write_file(AT_FDCWD, version, "vzpkg-store 2\nx\n", 16, 0600, &err));
	refused(root, VZ_STORE_READ, VZ_FAILED, "has the format 'vzpkg-store 2'");
	refused(root, VZ_STORE_CHANGE, VZ_FAILED, "has the format 'vzpkg-store 2'");
	must(vz_write_file(AT_FDCWD, version, "", 0, 0600, &err));
	refused(root, VZ_STORE_READ, VZ_FAILED, "has the format ''");
	refused(version, VZ_STORE_CHANGE, VZ_FAILED, "Not a directory");
}
END_TEST

START_TEST(test_modes_exclude)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *root = vz_printf("%s/deep/root", dir);
	auto_store struct vz_store *a = open_in(dir, VZ_STORE_CHANGE), *b = open_in(dir, VZ_STORE_CHANGE);

	refused(root, VZ_STORE_COLLECT, VZ_BUSY, "the store");
	vz_store_close(open_in(dir, VZ_STORE_READ));
	vz_store_close(steal(&a));
	vz_store_close(steal(&b));
	a = open_in(dir, VZ_STORE_COLLECT);
	refused(root, VZ_STORE_CHANGE, VZ_BUSY, "in use");
	refused(root, VZ_STORE_COLLECT, VZ_BUSY, "in use");
}
END_TEST

START_TEST(test_locks)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = open_in(dir, VZ_STORE_CHANGE);
	struct vz_err err = {0};
	int a, b;

	must(a = vz_store_lock(s, "template", "debian-12", true, &err));
	must(b = vz_store_lock(s, "template", "debian-13", false, &err));
	close(b);
	must(b = vz_store_lock(s, "env", "debian-12", false, &err));
	close(b);
	must_fail(vz_store_lock(s, "template", "debian-12", false, &err), VZ_BUSY, "template 'debian-12' is in use");
	close(a);
	must(a = vz_store_lock(s, "template", "debian-12", false, &err));
	close(a);
	must_fail(vz_store_lock(s, "template", "../x", true, &err), VZ_USAGE, "'../x'");
}
END_TEST

START_TEST(test_stage)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = open_in(dir, VZ_STORE_CHANGE), *other = NULL;
	auto_free char *path = NULL;
	struct vz_err err = {0};
	struct stat st;
	int fd;

	ck_assert_ptr_null(vz_store_stage_path(s));
	must(fd = vz_store_stage(s, &err));
	ck_assert_int_eq(vz_store_stage(s, &err), fd);
	path = vz_printf("%s/%s/sub/dir", vz_store_path(s), vz_store_stage_path(s));
	must(vz_make_dirs(AT_FDCWD, path, 0755, &err));
	other = open_in(dir, VZ_STORE_CHANGE);
	ck_assert_int_eq(stat(path, &st), 0);
	must(vz_store_stage(other, &err));
	ck_assert_str_ne(vz_store_stage_path(s), vz_store_stage_path(other));
	vz_store_close(steal(&s));
	ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

START_TEST(test_dead_stage)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = open_in(dir, VZ_STORE_CHANGE);
	auto_free char *left = vz_printf("%s/staging/1-left", vz_store_path(s)), *below = vz_printf("%s/x", left),
		       *loose = vz_printf("%s/staging/loose", vz_store_path(s));
	struct vz_err err = {0};
	struct stat st;
	int status, pipes[2];
	char name[256] = "";
	pid_t pid;

	/* a process that dies in the middle */
	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		struct vz_store *mine = open_in(dir, VZ_STORE_CHANGE);

		if (vz_store_stage(mine, &err) < 0 || mkdirat(vz_store_stage(mine, &err), "half", 0) < 0 ||
		    write(pipes[1], vz_store_stage_path(mine), strlen(vz_store_stage_path(mine))) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_gt(read(pipes[0], name, sizeof name - 1), 0);
	ck_assert_int_eq(fstatat(vz_store_fd(s), name, &st, 0), 0);
	must(vz_make_dirs(AT_FDCWD, below, 0755, &err));
	must(vz_write_file(AT_FDCWD, loose, "", 0, 0600, &err));
	must(vz_store_stage(s, &err));

	vz_store_close(open_in(dir, VZ_STORE_READ));
	ck_assert_int_eq(fstatat(vz_store_fd(s), name, &st, 0), 0);
	vz_store_close(open_in(dir, VZ_STORE_CHANGE));
	ck_assert_int_ne(fstatat(vz_store_fd(s), name, &st, 0), 0);
	ck_assert_int_ne(stat(left, &st), 0);
	ck_assert_int_ne(stat(loose, &st), 0);
	ck_assert_int_eq(fstatat(vz_store_fd(s), vz_store_stage_path(s), &st, 0), 0);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

START_TEST(test_images)
{
	auto_scratch char *dir = scratch_new();
	auto_store struct vz_store *s = open_in(dir, VZ_STORE_CHANGE);
	auto_buf struct vz_buf got = {0};
	struct vz_digest a, b, absent = {0};
	struct vz_err err = {0};
	auto_fd int fd = -1;

	must(vz_store_put_image(s, "image", 5, &a, &err));
	must(vz_store_put_image(s, "image", 5, &b, &err));
	ck_assert_int_eq(vz_digest_cmp(&a, &b), 0);
	must(fd = vz_store_open_image(s, &a, &err));
	must(vz_read_fd(fd, 100, &got, &err));
	ck_assert_str_eq(got.data, "image");
	must(vz_store_sync(s, &err));
	must_fail(vz_store_open_image(s, &absent, &err), VZ_DAMAGED, "images/0000");
}
END_TEST

/* Leaves an object "good", one that lost its bytes, and a record, below a stage of the boot `boot`; opens again. */
static void lose_power(const char *dir, const char *boot, bool *ret_good, bool *ret_bad, bool *ret_record)
{
	struct vz_store *s = open_in(dir, VZ_STORE_CHANGE);
	struct vz_digest good, bad;
	struct vz_err err = {0};
	char path[VZ_HEX_LEN + 2];
	int objects = vz_store_objects_fd(s);

	must(vz_object_put(s, "good", 4, &good, NULL, &err));
	must(vz_object_put(s, "bad", 3, &bad, NULL, &err));
	vz_object_path(&bad, path);
	ck_assert_int_eq(unlinkat(objects, path, 0), 0);
	must(vz_write_file(objects, path, "", 0, 0644, &err));
	must(vz_write_file(vz_store_fd(s), "packages/x", "", 0, 0600, &err));
	must(vz_make_dirs(vz_store_fd(s), "staging/dead", 0700, &err));
	must(vz_write_file(vz_store_fd(s), "staging/dead/boot", boot, strlen(boot), 0600, &err));
	vz_store_close(s);
	s = open_in(dir, VZ_STORE_CHANGE);
	*ret_good = vz_object_has(s, &good);
	*ret_bad = vz_object_has(s, &bad);
	*ret_record = faccessat(vz_store_fd(s), "packages/x", F_OK, 0) == 0;
	ck_assert_int_ne(faccessat(vz_store_fd(s), "staging/dead", F_OK, 0), 0);
	vz_store_close(s);
}

START_TEST(test_recovery)
{
	auto_scratch char *dir = scratch_new();
	auto_buf struct vz_buf boot = {0};
	struct vz_err err = {0};
	bool good, bad, record;

	must(vz_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, &boot, &err));
	lose_power(dir, boot.data, &good, &bad, &record);
	ck_assert(good && bad && record);      /* the page cache is still there: nothing is suspect */
	lose_power(dir, "another boot\n", &good, &bad, &record);
	ck_assert(good && !bad && !record);
	lose_power(dir, "", &good, &bad, &record);
	ck_assert(good && !bad && !record);
}
END_TEST

UNIT_MAIN("store", test_open, test_modes_exclude, test_locks, test_stage, test_dead_stage, test_images, test_recovery)
