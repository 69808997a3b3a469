/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/fs.h"

/* Opens a mount point: a directory of that very name. */
static int open_point(int root, const char *name, struct vz_err *err)
{
	int fd = vz_path_open(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, err);

	if (fd < 0)
		vz_err_set(err, VZ_FAILED, "the environment has no directory '/%s' to mount on", name);
	return fd;
}

struct option {
	const char *key, *value;
};

/* A new file system on `name` of `root`; its descriptor. */
static int mount_new(int root, const char *name, const char *type, const struct option *options, unsigned attributes,
		     struct vz_err *err)
{
	auto_fd int fs = vz_fs_open(type, err), fd = -1;
	auto_fd int point = open_point(root, name, err);

	if (fs < 0 || point < 0)
		return -1;
	for (; options && options->key; options++)
		if (vz_fs_set(fs, options->key, options->value, err) < 0)
			return -1;
	fd = vz_fs_mount(fs, type, attributes, err);
	if (fd < 0 || vz_fs_attach(fd, point, name, err) < 0)
		return -1;
	return steal_fd(&fd);
}

/* Mounts `from` below `from_fd`, one file or directory, read-only at `to_fd`. */
static int bind_read_only(int from_fd, const char *from, int to_fd, struct vz_err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
	auto_fd int fd = vz_fs_clone(from_fd, from, err);

	if (fd < 0)
		return -1;
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return vz_err_sys(err, "make the mount of '%s' read-only", from);
	return vz_fs_attach(fd, to_fd, from, err);
}

static int make_dev_links(int dev, struct vz_err *err)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
		{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" },
	};

	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i][1], dev, links[i][0]) < 0)
			return vz_err_sys(err, "make '/dev/%s'", links[i][0]);
	return 0;
}

static int make_dev_nodes(int dev, struct vz_err *err)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	auto_fd int host = vz_open(AT_FDCWD, "/dev", O_PATH | O_DIRECTORY, 0, err);

	if (host < 0)
		return -1;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		auto_fd int to = vz_open(dev, nodes[i], O_RDONLY | O_CREAT | O_EXCL, 0666, err);

		if (to < 0 || bind_read_only(host, nodes[i], to, err) < 0)
			return vz_err_wrap(err, "/dev");
	}
	return 0;
}

static int make_dev(int root, struct vz_err *err)
{
	static const struct option dev_options[] = {
		{ "mode", "0755" }, { "size", "4m" }, { "nr_inodes", "4096" }, { NULL, NULL },
	};
	/* gid 5 is tty on every distribution */
	static const struct option pts_options[] = {
		{ "ptmxmode", "0666" }, { "mode", "0620" }, { "gid", "5" }, { NULL, NULL },
	};
	static const struct option shm_options[] = { { "mode", "1777" }, { NULL, NULL } };
	auto_fd int dev = -1, pts = -1, shm = -1;

	dev = mount_new(root, "dev", "tmpfs", dev_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	if (dev < 0 || make_dev_nodes(dev, err) < 0 || make_dev_links(dev, err) < 0)
		return -1;
	if (mkdirat(dev, "pts", 0755) < 0 || mkdirat(dev, "shm", 0755) < 0)
		return vz_err_sys(err, "make directories in /dev");
	pts = mount_new(dev, "pts", "devpts", pts_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (pts < 0)
		return -1;
	shm = mount_new(dev, "shm", "tmpfs", shm_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	return shm < 0 ? -1 : 0;
}

static int make_scratch(int root, struct vz_err *err)
{
	static const struct option run_options[] = { { "mode", "0755" }, { NULL, NULL } };
	static const struct option tmp_options[] = { { "mode", "1777" }, { NULL, NULL } };
	auto_fd int run = mount_new(root, "run", "tmpfs", run_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	auto_fd int tmp = -1;

	if (run < 0)
		return -1;
	tmp = mount_new(root, "tmp", "tmpfs", tmp_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	return tmp < 0 ? -1 : 0;
}

/* Only where the environment has a file to hide: making one would write to its private area. */
static int show_resolv_conf(int root, int host, struct vz_err *err)
{
	struct vz_err ignored;
	auto_fd int to = vz_path_open(root, "etc/resolv.conf", O_PATH, 0, &ignored);
	struct stat st;

	if (to < 0 || host < 0 || fstat(to, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return bind_read_only(host, "", to, err);
}

int vz_view_make(const struct vz_view *v, int *ret_copy, struct vz_err *err)
{
	/* the caller's, who may be in a chroot */
	auto_fd int resolv_conf = v->host_resolv_conf ? open("/etc/resolv.conf", O_PATH | O_CLOEXEC) : -1;
	auto_fd int host = -1, copy = -1, sys = -1;

	if (vz_fs_own_namespace(err) < 0)
		return -1;
	host = vz_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, err);
	if (host < 0 || vz_fs_attach(v->root_fd, host, "/", err) < 0)
		return -1;
	copy = vz_fs_clone(v->root_fd, "", err);
	if (copy < 0 || make_dev(v->root_fd, err) < 0)
		return -1;
	sys = mount_new(v->root_fd, "sys", "sysfs", NULL,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	if (sys < 0 || (v->build && make_scratch(v->root_fd, err) < 0))
		return -1;
	if (v->host_resolv_conf && show_resolv_conf(v->root_fd, resolv_conf, err) < 0)
		return -1;
	if (vz_fs_pivot(v->root_fd, err) < 0)
		return -1;
	*ret_copy = steal_fd(&copy);
	return 0;
}

int vz_view_show_proc(struct vz_err *err)
{
	/* root may write these by file mode alone; what else there is asks for capabilities we drop */
	static const char *const machine[] = {
		"acpi", "asound", "bus", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger",
	};
	auto_fd int root = vz_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, err), proc = -1;

	if (root < 0)
		return -1;
	proc = mount_new(root, "proc", "proc", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	if (proc < 0)
		return -1;
	for (size_t i = 0; i < sizeof machine / sizeof *machine; i++) {
		auto_fd int to = openat(proc, machine[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (to < 0 && errno == ENOENT)
			continue;
		if (to < 0)
			return vz_err_sys(err, "open '/proc/%s'", machine[i]);
		if (bind_read_only(proc, machine[i], to, err) < 0)
			return -1;
	}
	return 0;
}
