/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store with one small image: busybox-static and the directories of a system,
 * for the tests of link/.  They need root and busybox: without, the program is
 * skipped (77), which VZ_MUST_WORK=1 makes a failure.
 */
#ifndef TESTS_ROOT_H
#define TESTS_ROOT_H

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "store/image.h"
#include "store/object.h"
#include "store/store.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define BUSYBOX "/bin/busybox"
#define BIG "a text that is too long to stand in the image, so it has to be an object\n"

__attribute__((constructor)) static void root_needs(void)
{
	const char *why = geteuid() ? "needs root" : access(BUSYBOX, X_OK) ? "needs busybox-static" : NULL;

	/* mounts of our own to count and to leave, whatever others mount meanwhile */
	if (!why && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		why = "needs a mount namespace";
	if (!why)
		return;
	printf("%s\n", why);
	exit(getenv("VZ_MUST_WORK") ? 1 : 77);
}

struct root {
	char *dir;               /* scratch; the store is dir/store */
	struct vz_store *store;
	struct vz_digest image, big;
};

static inline struct vz_node *root_object(struct root *r, struct vz_tree *t, const char *name, uint32_t mode,
					  const void *data, size_t len, struct vz_digest *ret)
{
	const char *last;
	struct vz_node *parent = vz_tree_parent(t, name, &last), *n = vz_node_add(parent, last, S_IFREG | mode);
	struct vz_err err = {0};

	must(vz_object_put(r->store, data, len, ret, NULL, &err));
	vz_node_set_object(n, ret, len);
	return n;
}

static inline void root_tree(struct root *r, struct vz_tree *t)
{
	static const char *const dirs[] = { "bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var" };
	static const char *const applets[] = {
		"sh", "true", "false", "cat", "ls", "id", "mount", "mknod", "sleep", "kill", "echo", "hostname", "chmod",
		"rm", "ln", "touch", "stat", "grep", "head", "dd", "mkdir", "setsid", "tty", "wc", "env", "sort", "test",
	};
	struct vz_err err = {0};
	auto_buf struct vz_buf busybox = {0};
	struct vz_digest d;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		vz_tree_make_dirs(t, dirs[i], 0755, 0);
	must(vz_read_file(AT_FDCWD, BUSYBOX, 16 << 20, &busybox, &err));
	root_object(r, t, "bin/busybox", 0755, busybox.data, busybox.len, &d);
	for (size_t i = 0; i < sizeof applets / sizeof *applets; i++)
		vz_node_set_symlink(vz_node_add(vz_tree_find(t, "bin"), applets[i], S_IFLNK | 0777), "busybox");
	root_object(r, t, "etc/big", 0644, BIG, strlen(BIG), &r->big);
	vz_node_set_content(vz_node_add(vz_tree_find(t, "etc"), "resolv.conf", S_IFREG | 0644), "# inside\n", 9);
}

/* The image of `t` becomes r->image. */
static inline void root_image(struct root *r, const struct vz_tree *t)
{
	auto_buf struct vz_buf image = {0};
	struct vz_err err = {0};

	must(vz_image_write(t, NULL, &image, &err));
	must(vz_store_put_image(r->store, image.data, image.len, &r->image, &err));
}

static inline struct root root_new(void)
{
	struct root r = { .dir = scratch_new() };
	auto_free char *path = vz_printf("%s/store", r.dir);
	auto_tree struct vz_tree *t = vz_tree_new();
	struct vz_err err = {0};

	r.store = vz_store_open(path, VZ_STORE_CHANGE, &err);
	ck_assert_msg(r.store != NULL, "%s", err.msg);
	root_tree(&r, t);
	root_image(&r, t);
	return r;
}

static inline void root_release(struct root *r)
{
	vz_store_close(r->store);
	scratch_free(&r->dir);
}
#define auto_root __attribute__((cleanup(root_release)))

/* A directory below r->dir, opened. */
static inline int root_dir(const struct root *r, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", r->dir, name);
	struct vz_err err = {0};
	int fd;

	must(vz_make_dirs(AT_FDCWD, path, 0755, &err));
	must(fd = vz_open_dir(AT_FDCWD, path, &err));
	return fd;
}

/* How many file systems are mounted that we see. Others' may go away meanwhile, though this name
 * space is private: the kernel drops what lies on a directory that somebody removes. */
static inline int root_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int n = 0;

	ck_assert_ptr_nonnull(f);
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

/* No object has changed. */
static inline void root_check_objects(const struct root *r)
{
	struct vz_err err = {0};
	struct vz_digest d;
	auto_fd int fd = -1;

	must(fd = vz_object_open(r->store, &r->big, &err));
	must(vz_verity_fd(fd, &d, &err));
	ck_assert_int_eq(vz_digest_cmp(&d, &r->big), 0);
}

#endif
