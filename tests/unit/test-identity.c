/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>

#include "link/identity.h"

static void put(int root, const char *path, const char *text)
{
	struct vz_err err = {0};

	must(vz_write_file(root, path, text, strlen(text), 0644, &err));
}

static char *get(int root, const char *path)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_read_file(root, path, 1 << 20, &text, &err));
	return vz_buf_steal(&text);
}

static void check(int root, const char *path, const char *want)
{
	auto_free char *got = get(root, path);

	ck_assert_str_eq(got, want);
}

static int make_root(const char *dir)
{
	struct vz_err err = {0};
	int fd;

	must(fd = vz_open_dir(AT_FDCWD, dir, &err));
	ck_assert_int_eq(mkdirat(fd, "etc", 0755), 0);
	return fd;
}

START_TEST(test_fresh)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int root = make_root(dir);
	auto_free char *id = NULL, *again = NULL;
	struct vz_err err = {0};

	must(vz_identity_give(root, "web", false, &err));
	id = get(root, "etc/machine-id");
	ck_assert_uint_eq(strlen(id), 33);
	for (int i = 0; i < 32; i++)
		ck_assert(isdigit((unsigned char)id[i]) || (id[i] >= 'a' && id[i] <= 'f'));
	ck_assert(id[12] == '4' && id[32] == '\n');
	check(root, "etc/hostname", "web\n");
	check(root, "etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tweb\n::1\tlocalhost ip6-localhost ip6-loopback\n"
				 "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
	/* from now on these are the tenant's */
	put(root, "etc/hostname", "other\n");
	must(vz_identity_give(root, "web", false, &err));
	check(root, "etc/hostname", "other\n");
	must(vz_identity_give(root, "www", true, &err));
	check(root, "etc/hostname", "www\n");
	again = get(root, "etc/machine-id");
	ck_assert_str_eq(id, again);
}
END_TEST

/* One that is a copy has lost its machine-id, and nothing else. */
START_TEST(test_copy)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int root = make_root(dir);
	struct vz_err err = {0};

	put(root, "etc/machine-id", "uninitialized\n");
	put(root, "etc/hostname", "old\n");
	put(root, "etc/hosts", "10.0.0.1 db\n 127.0.1.1 old.example.org old\n127.0.1.10 other\n127.0.1.1 kept");
	must(vz_identity_give(root, "new", false, &err));
	check(root, "etc/hostname", "new\n");
	check(root, "etc/hosts", "10.0.0.1 db\n127.0.1.1\tnew\n127.0.1.10 other\n127.0.1.1 kept");
	put(root, "etc/machine-id", "");
	put(root, "etc/hosts", "10.0.0.1 db");
	must(vz_identity_give(root, "new", false, &err));
	check(root, "etc/hosts", "10.0.0.1 db\n127.0.1.1\tnew\n");
}
END_TEST

START_TEST(test_hostile)
{
	auto_scratch char *dir = scratch_new();
	auto_free char *outside = vz_printf("%s/outside", dir), *inside = vz_printf("%s/root", dir);
	auto_free char *id = NULL;
	auto_fd int root = -1;
	struct vz_err err = {0};
	struct stat st;

	must(vz_make_dirs(AT_FDCWD, inside, 0755, &err));
	root = make_root(inside);
	put(AT_FDCWD, outside, "outside\n");
	ck_assert_int_eq(symlinkat("../../outside", root, "etc/hosts"), 0);
	ck_assert_int_eq(mkfifoat(root, "etc/hostname", 0666), 0);
	must(vz_identity_give(root, "web", false, &err));
	check(AT_FDCWD, outside, "outside\n");
	ck_assert(fstatat(root, "etc/hostname", &st, 0) == 0 && S_ISFIFO(st.st_mode));
	id = get(root, "etc/machine-id");
	ck_assert_uint_eq(strlen(id), 33);
	/* a directory in the place of the file, and of /etc nothing but a link */
	ck_assert_int_eq(unlinkat(root, "etc/machine-id", 0), 0);
	ck_assert_int_eq(mkdirat(root, "etc/machine-id", 0755), 0);
	must(vz_identity_give(root, "web", true, &err));
	ck_assert_int_eq(renameat(root, "etc", root, "etc2"), 0);
	must(vz_identity_give(root, "web", true, &err));
	ck_assert_int_eq(symlinkat("/../..", root, "etc"), 0);
	ck_assert_int_eq(symlinkat(".", root, "outside"), 0);
	must(vz_identity_give(root, "web", true, &err));
	check(AT_FDCWD, outside, "outside\n");
	ck_assert_int_eq(faccessat(AT_FDCWD, "/machine-id", F_OK, 0), -1);
	check(root, "hostname", "web\n");
}
END_TEST

START_TEST(test_ssh)
{
	auto_scratch char *dir = scratch_new();
	auto_fd int root = make_root(dir);
	struct vz_err err = {0};

	ck_assert(!vz_identity_wants_ssh_keys(root));
	must(vz_make_dirs(root, "etc/ssh", 0755, &err));
	must(vz_make_dirs(root, "usr/bin", 0755, &err));
	put(root, "usr/bin/ssh-keygen", "");
	ck_assert(!vz_identity_wants_ssh_keys(root));
	put(root, "etc/ssh/sshd_config", "");
	ck_assert(vz_identity_wants_ssh_keys(root));
	put(root, "etc/ssh/ssh_host_ed25519_key", "");
	ck_assert(!vz_identity_wants_ssh_keys(root));
}
END_TEST

UNIT_MAIN("identity", test_fresh, test_copy, test_hostile, test_ssh)
