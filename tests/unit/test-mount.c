/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/root.h"

#include <errno.h>
#include <linux/fsverity.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "link/mount.h"

static struct vz_mount_plan plan(const struct root *r, int upper, int work)
{
	return (struct vz_mount_plan){ .image_fd = -1, .image = r->image, .upper_fd = upper, .work_fd = work };
}

static void check_text(int dir, const char *path, const char *want)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err err = {0};

	must(vz_read_file(dir, path, 4096, &text, &err));
	ck_assert_str_eq(text.data, want);
}

/* Each way shows the same, keeps writes to itself, and leaves nothing behind. */
static void check_way(const struct root *r, unsigned way)
{
	auto_free char *name = vz_printf("upper%u", way), *work_name = vz_printf("work%u", way);
	auto_fd int upper = root_dir(r, name), work = root_dir(r, work_name), fd = -1, file = -1, read_only = -1;
	struct vz_mount_plan p = plan(r, upper, work);
	struct vz_err err = {0};
	struct stat dir_st, file_st;

	p.ways = way;
	must(fd = vz_mount_new(r->store, &p, &err));
	check_text(fd, "etc/big", BIG);
	check_text(fd, "etc/resolv.conf", "# inside\n");
	ck_assert_int_eq(faccessat(upper, "etc", F_OK, 0), -1);
	must(file = vz_open(fd, "etc/big", O_WRONLY | O_APPEND, 0, &err));
	must(vz_write_fd(file, "more\n", 5, &err));
	check_text(upper, "etc/big", BIG "more\n");
	ck_assert_int_eq(fstatat(fd, "etc", &dir_st, 0), 0);
	ck_assert_int_eq(fstatat(fd, "bin/busybox", &file_st, 0), 0);
	ck_assert_uint_eq(dir_st.st_dev, file_st.st_dev);
	root_check_objects(r);

	p.upper_fd = p.work_fd = -1;
	must(read_only = vz_mount_new(r->store, &p, &err));
	check_text(read_only, "etc/big", BIG);
	ck_assert_int_eq(openat(read_only, "etc/big", O_WRONLY), -1);
	ck_assert_int_eq(errno, EROFS);
	/* the objects' own directories do not show through */
	ck_assert_int_eq(faccessat(read_only, "00", F_OK, 0), -1);
}

START_TEST(test_ways)
{
	auto_root struct root r = root_new();
	int before = root_mounts();

	for (unsigned way = 0; way < 4; way++)
		check_way(&r, way);
	ck_assert_int_le(root_mounts(), before);
}
END_TEST

/* A second image adds to the first and replaces in it, and is as read-only. */
START_TEST(test_layer)
{
	auto_root struct root r = root_new();
	auto_tree struct vz_tree *t = vz_tree_new();
	auto_fd int upper = root_dir(&r, "upper"), work = root_dir(&r, "work");
	const struct vz_digest image = r.image;
	struct vz_digest own, unused;
	struct vz_err err = {0};
	int before = root_mounts();

	vz_tree_make_dirs(t, "etc", 0750, 0);
	vz_tree_make_dirs(t, "srv", 0755, 0);
	root_object(&r, t, "etc/big", 0600, "sealed: " BIG, 8 + strlen(BIG), &own);
	root_object(&r, t, "srv/mine", 0644, "only here: " BIG, 11 + strlen(BIG), &unused);
	root_image(&r, t);
	for (unsigned way = 0; way < 4; way++) {
		struct vz_mount_plan p = {
			.image_fd = -1, .image = image, .layer = r.image, .upper_fd = upper, .work_fd = work, .ways = way,
		};
		auto_fd int fd = -1;
		struct stat st;

		must(fd = vz_mount_new(r.store, &p, &err));
		check_text(fd, "etc/big", way ? "sealed: " BIG "x" : "sealed: " BIG);
		check_text(fd, "srv/mine", "only here: " BIG);
		check_text(fd, "etc/resolv.conf", "# inside\n");
		ck_assert_int_eq(fstatat(fd, "etc", &st, 0), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0750);
		if (!way) {
			auto_fd int file = vz_open(fd, "etc/big", O_WRONLY | O_APPEND, 0, &err);

			must(file);
			must(vz_write_fd(file, "x", 1, &err));
		}
	}
	{
		struct vz_mount_plan p = plan(&r, -1, -1);

		memset(&p.layer, 1, sizeof p.layer);
		must_fail(vz_mount_new(r.store, &p, &err), VZ_DAMAGED, "layer of private files: open 'images/0101");
	}
	ck_assert_int_le(root_mounts(), before);
	root_check_objects(&r);
}
END_TEST

/* What the kernel says of the mount at `path`. */
static bool has_option(const char *path, const char *option)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");
	char line[4096];
	bool found = false;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof line, f))
		found = found || (strstr(line, path) && strstr(line, option));
	fclose(f);
	return found;
}

/* The image is sealed, and the kernel can check objects against it. */
static bool is_checked(const struct root *r)
{
	struct utsname kernel;
	int major, minor;
	_Alignas(struct fsverity_digest) char space[sizeof(struct fsverity_digest) + 64] = {0};
	struct fsverity_digest *d = (void *)space;
	struct vz_err err = {0};
	auto_fd int fd = -1;

	must(fd = vz_store_open_image(r->store, &r->image, &err));
	ck_assert_int_eq(uname(&kernel), 0);
	ck_assert_int_eq(sscanf(kernel.release, "%d.%d", &major, &minor), 2);
	d->digest_size = 64;
	return ioctl(fd, FS_IOC_MEASURE_VERITY, d) == 0 && major * 100 + minor >= 606;
}

START_TEST(test_attach)
{
	auto_root struct root r = root_new();
	auto_fd int upper = root_dir(&r, "upper"), work = root_dir(&r, "work"), fd = -1, busy = -1;
	auto_free char *path = vz_printf("%s/at", r.dir);
	struct vz_mount_plan p = plan(&r, upper, work);
	struct vz_err err = {0};

	close(root_dir(&r, "at"));
	ck_assert(!vz_mount_is_point(AT_FDCWD, path));
	must_fail(vz_mount_detach(path, &err), VZ_NOTFOUND, "nothing is mounted at");
	must(fd = vz_mount_new(r.store, &p, &err));
	must(vz_mount_attach(fd, path, &err));
	ck_assert(vz_mount_is_point(AT_FDCWD, path));
	ck_assert(has_option(path, "rw,nodev,noatime") && has_option(path, "metacopy=on"));
	ck_assert_int_eq(has_option(path, "verity=on"), is_checked(&r));
	close(steal_fd(&fd));
	must(busy = vz_open_dir(AT_FDCWD, path, &err));
	check_text(busy, "etc/big", BIG);
	must_fail(vz_mount_detach(path, &err), VZ_BUSY, "is in use");
	close(steal_fd(&busy));
	must(vz_mount_detach(path, &err));
	ck_assert(!vz_mount_is_point(AT_FDCWD, path));
	must_fail(vz_mount_attach(upper, "/nowhere", &err), VZ_NOTFOUND, "/nowhere");
}
END_TEST

START_TEST(test_image_by_descriptor)
{
	auto_root struct root r = root_new();
	auto_fd int image = -1, fd = -1, garbage = -1;
	struct vz_mount_plan p = plan(&r, -1, -1);
	auto_free char *path = vz_printf("%s/garbage", r.dir);
	struct vz_err err = {0};

	must(image = vz_store_open_image(r.store, &r.image, &err));
	p.image_fd = image;
	memset(&p.image, 0, sizeof p.image);
	must(fd = vz_mount_new(r.store, &p, &err));
	check_text(fd, "etc/big", BIG);

	p.image_fd = -1;
	must_fail(vz_mount_new(r.store, &p, &err), VZ_DAMAGED, "images/0000");
	must(garbage = vz_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0600, &err));
	ck_assert_int_eq(ftruncate(garbage, 8192), 0);
	p.image_fd = garbage;
	must_fail(vz_mount_new(r.store, &p, &err), VZ_FAILED, "image: mount 'erofs'");
}
END_TEST

/* For builds: what is never synced can be mounted once. */
/* Files of equal length, so that in images of `first` and of more before it the numbers of inodes meet. */
static void meeting_image(struct root *r, int first)
{
	auto_tree struct vz_tree *t = vz_tree_new();

	vz_tree_make_dirs(t, "d", 0755, 0);
	for (int i = first; i < 32; i++) {
		auto_free char *name = vz_printf("f%02d", i);

		vz_node_set_content(vz_node_add(vz_tree_find(t, "d"), name, S_IFREG | 0644), name, 3);
	}
	vz_tree_count_links(t);
	root_image(r, t);
}

/* A private file stays itself over another image, in which its inode's number is another file's. */
START_TEST(test_other_image)
{
	auto_root struct root r = root_new();
	auto_fd int upper = root_dir(&r, "upper"), work = root_dir(&r, "work"), fd = -1, file = -1;
	struct vz_mount_plan p = plan(&r, upper, work);
	struct vz_err err = {0};

	meeting_image(&r, 8);
	p.image = r.image;
	must(fd = vz_mount_new(r.store, &p, &err));
	must(file = vz_open(fd, "d/f16", O_WRONLY | O_APPEND, 0, &err));
	must(vz_write_fd(file, " and more", 9, &err));
	close(steal_fd(&file));
	close(steal_fd(&fd));

	for (int first = 0; first < 16; first++) {
		meeting_image(&r, first);
		p.image = r.image;
		must(fd = vz_mount_new(r.store, &p, &err));
		for (int i = 31; i >= first; i--) {
			auto_free char *path = vz_printf("d/f%02d", i);

			check_text(fd, path, i == 16 ? "f16 and more" : path + 2);
		}
		close(steal_fd(&fd));
	}
}
END_TEST

START_TEST(test_volatile)
{
	auto_root struct root r = root_new();
	auto_fd int upper = root_dir(&r, "upper"), work = root_dir(&r, "work"), fd = -1;
	struct vz_mount_plan p = plan(&r, upper, work);
	struct vz_err err = {0};

	p.volatile_upper = true;
	must(fd = vz_mount_new(r.store, &p, &err));
	close(steal_fd(&fd));
	must_fail(vz_mount_new(r.store, &p, &err), VZ_FAILED, "overlay");
}
END_TEST

static void check_refused(const struct root *r, const char *dir, const char *why)
{
	auto_free char *upper_name = vz_printf("%s/u", dir), *work_name = vz_printf("%s/w", dir);
	auto_fd int upper = root_dir(r, upper_name), work = root_dir(r, work_name);
	struct vz_mount_plan p = plan(r, upper, work);
	struct vz_err err = {0};

	must_fail(vz_mount_new(r->store, &p, &err), VZ_FAILED, why);
	ck_assert_ptr_nonnull(strstr(err.msg, upper_name));
	ck_assert_ptr_nonnull(strstr(err.hint, "ext4"));
}

START_TEST(test_unfit_file_systems)
{
	auto_root struct root r = root_new();
	auto_fd int upper = root_dir(&r, "upper"), work = root_dir(&r, "work"), fd = -1;
	auto_free char *ram_path = vz_printf("%s/ram", r.dir), *over_path = vz_printf("%s/over", r.dir);
	struct vz_mount_plan p = plan(&r, upper, work);
	struct vz_err err = {0};

	close(root_dir(&r, "ram"));
	close(root_dir(&r, "over"));
	ck_assert_int_eq(mount("none", ram_path, "ramfs", 0, NULL), 0);
	check_refused(&r, "ram", "does not keep trusted extended attributes");
	must(vz_mount_detach(ram_path, &err));

	must(fd = vz_mount_new(r.store, &p, &err));
	must(vz_mount_attach(fd, over_path, &err));
	check_refused(&r, "over", "is on an overlayfs itself");
	close(steal_fd(&fd));
	must(vz_mount_detach(over_path, &err));
}
END_TEST

START_TEST(test_not_root)
{
	auto_root struct root r = root_new();
	struct vz_mount_plan p = plan(&r, -1, -1);
	struct vz_err err = {0};
	auto_fd int image = -1;
	int status;
	pid_t pid;

	must(image = vz_store_open_image(r.store, &r.image, &err));
	p.image_fd = image;
	pid = fork();
	if (pid == 0) {
		bool good = setgid(65534) == 0 && setuid(65534) == 0 && vz_mount_new(r.store, &p, &err) < 0 &&
			    strstr(err.msg, "not permitted") && strstr(err.hint, "needs root");

		_exit(good ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

UNIT_MAIN("mount", test_ways, test_layer, test_attach, test_image_by_descriptor, test_other_image, test_volatile,
	  test_unfit_file_systems, test_not_root)
