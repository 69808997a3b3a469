/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/mount.h"

#include <errno.h>
#include <limits.h>
#include <linux/fsverity.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "link/fs.h"

#define PATH_OF_FD 32

static void path_of_fd(int fd, char ret[PATH_OF_FD])
{
	snprintf(ret, PATH_OF_FD, "/proc/self/fd/%d", fd);
}

/* The name a descriptor was opened by, for messages and for opening it again. */
static void name_of_fd(int fd, char ret[PATH_MAX])
{
	char path[PATH_OF_FD];
	ssize_t n;

	path_of_fd(fd, path);
	n = readlink(path, ret, PATH_MAX - 1);
	ret[n < 0 ? 0 : n] = 0;
}

static int mount_erofs(int source_fd, struct vz_err *err)
{
	auto_fd int fs = vz_fs_open("erofs", err);

	if (fs < 0 || vz_fs_set_fd(fs, "source", source_fd, err) < 0 || vz_fs_set(fs, "ro", NULL, err) < 0)
		return -1;
	return vz_fs_mount(fs, "erofs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME, err);
}

/* A free loop device showing `image_fd`; it vanishes with its last user. */
static int open_loop(int image_fd, struct vz_err *err)
{
	auto_fd int control = vz_open(AT_FDCWD, "/dev/loop-control", O_RDWR, 0, err);
	struct loop_config config = {
		.fd = (unsigned)image_fd,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};
	char name[32];

	if (control < 0)
		return vz_err_hint(err, "this kernel mounts images through loop devices: see 'modprobe loop'");
	for (int tries = 0; tries < 64; tries++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE), fd;

		if (n < 0)
			return vz_err_sys(err, "find a free loop device");
		snprintf(name, sizeof name, "/dev/loop%d", n);
		fd = vz_open(AT_FDCWD, name, O_RDONLY, 0, err);
		if (fd < 0)
			return -1;
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return fd;
		/* somebody else was faster with this one */
		if (errno != EBUSY) {
			vz_err_sys(err, "set up '%s'", name);
			close(fd);
			return -1;
		}
		close(fd);
	}
	return vz_err_set(err, VZ_BUSY, "all loop devices that were free got used by others");
}

static int mount_image(int image_fd, unsigned ways, struct vz_err *err)
{
	static bool needs_loop;
	auto_fd int loop = -1;
	int fd;

	if (!(ways & VZ_MOUNT_LOOP) && !needs_loop) {
		fd = mount_erofs(image_fd, err);
		if (fd >= 0 || errno != ENOTBLK)
			return fd;
		needs_loop = true;
	}
	loop = open_loop(image_fd, err);
	return loop < 0 ? -1 : mount_erofs(loop, err);
}

struct layers {
	int guard, layer, image, objects, upper, work;   /* mounts and directories; -1: there is none */
	bool data_only;      /* objects are such a layer */
	bool volatile_upper, verity;
	int result;
};

static void add_lower(struct vz_buf *b, const char *join, int fd)
{
	char path[PATH_OF_FD];

	if (fd < 0)
		return;
	path_of_fd(fd, path);
	vz_buf_printf(b, "%s%s", b->len ? join : "", path);
}

static int set_layers(int fs, const struct layers *l, struct vz_err *err)
{
	static const char *const fixed[][2] = {
		{ "source", "vzpkg" }, { "metacopy", "on" }, { "redirect_dir", "on" }, { "index", "off" },
		/* one st_dev for all files: else tar --one-file-system and the like skip what the image shows */
		{ "xino", "on" },
	};
	auto_buf struct vz_buf lower = {0};

	add_lower(&lower, ":", l->guard);
	add_lower(&lower, ":", l->layer);
	add_lower(&lower, ":", l->image);
	add_lower(&lower, l->data_only ? "::" : ":", l->objects);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (vz_fs_set(fs, fixed[i][0], fixed[i][1], err) < 0)
			return -1;
	if (vz_fs_set(fs, "lowerdir", lower.data, err) < 0 || (l->verity && vz_fs_set(fs, "verity", "on", err) < 0))
		return -1;
	if (l->upper < 0)
		return 0;
	if (vz_fs_set_fd(fs, "upperdir", l->upper, err) < 0 || vz_fs_set_fd(fs, "workdir", l->work, err) < 0)
		return -1;
	return l->volatile_upper ? vz_fs_set(fs, "volatile", NULL, err) : 0;
}

static int mount_overlay(const struct layers *l, struct vz_err *err)
{
	auto_fd int fs = vz_fs_open("overlay", err);
	unsigned attributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME | (l->upper < 0 ? MOUNT_ATTR_RDONLY : 0);

	if (fs < 0 || set_layers(fs, l, err) < 0)
		return -1;
	return vz_fs_mount(fs, "overlay", attributes, err);
}

/* A descriptor of the same directory whose mount is of the namespace we are in. */
static int reopen(int fd, struct vz_err *err)
{
	char name[PATH_MAX];
	struct stat before, after;
	auto_fd int again = -1;

	name_of_fd(fd, name);
	again = vz_open(AT_FDCWD, name, O_PATH | O_DIRECTORY, 0, err);
	if (again < 0)
		return -1;
	if (fstat(fd, &before) < 0 || fstat(again, &after) < 0)
		return vz_err_sys(err, "stat '%s'", name);
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return vz_err_set(err, VZ_FAILED, "'%s' is no longer the directory it was", name);
	return steal_fd(&again);
}

/* Kernels before 6.15 take as layers only what is mounted in the caller's
 * namespace: in ours, they are attached over "/", which nothing looks at. */
static int attach_and_mount(int root, const struct layers *l, struct vz_err *err)
{
	const int mounts[] = { l->guard, l->layer, l->image };

	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++)
		if (mounts[i] >= 0 && vz_fs_attach(mounts[i], root, "/", err) < 0)
			return -1;
	return mount_overlay(l, err);
}

/* Each image hides the directories of the objects, so as ordinary layers they
 * would be hidden from an image above another. First each gets them for itself. */
static int nest(int root, const struct layers *l, struct vz_err *err)
{
	struct layers upper_one = { .guard = -1, .layer = -1, .image = l->layer, .objects = l->objects, .upper = -1 };
	struct layers lower_one = upper_one, both = *l;
	auto_fd int upper = attach_and_mount(root, &upper_one, err), lower = -1;

	lower_one.image = l->image;
	lower = upper < 0 ? -1 : attach_and_mount(root, &lower_one, err);
	both.layer = upper;
	both.image = lower;
	both.objects = -1;
	return lower < 0 ? -1 : attach_and_mount(root, &both, err);
}

static int mount_layers(void *arg, struct vz_err *err)
{
	struct layers *outer = arg, l = *outer;
	auto_fd int root = -1, objects = -1, upper = -1, work = -1;

	root = vz_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, err);
	l.objects = objects = reopen(outer->objects, err);
	if (root < 0 || objects < 0)
		return -1;
	if (outer->upper >= 0) {
		l.upper = upper = reopen(outer->upper, err);
		l.work = work = reopen(outer->work, err);
		if (upper < 0 || work < 0)
			return -1;
	}
	outer->result = (l.layer >= 0 && !l.data_only ? nest : attach_and_mount)(root, &l, err);
	return outer->result < 0 ? -1 : 0;
}

/* Not found out by trying: overlayfs logs each failed try, and a volatile one leaves marks. */
static bool kernel_is(unsigned want_major, unsigned want_minor)
{
	struct utsname kernel;
	unsigned major = 0, minor = 0;

	return uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
	       (major > want_major || (major == want_major && minor >= want_minor));
}

/* An image that the store has sealed with fs-verity vouches for the digests in it, if its own is its name. */
static int check_seal(int image_fd, const struct vz_digest *name, bool *ret_sealed, struct vz_err *err)
{
	enum { ROOM = 64 };
	_Alignas(struct fsverity_digest) char space[sizeof(struct fsverity_digest) + ROOM] = {0};
	struct fsverity_digest *d = (void *)space;
	char hex[VZ_HEX_LEN + 1];

	d->digest_size = ROOM;
	*ret_sealed = ioctl(image_fd, FS_IOC_MEASURE_VERITY, d) == 0;
	if (!*ret_sealed || (d->digest_size == sizeof name->b && !memcmp(d->digest, name->b, sizeof name->b)))
		return 0;
	vz_digest_hex(name, hex);
	return vz_err_set(err, VZ_DAMAGED, "image '%s' has another digest than its name says", hex);
}

/* overlayfs says only EINVAL to these, or takes them and then cannot do what it was asked for. */
static int check_upper(int upper_fd, struct vz_err *err)
{
	char name[PATH_MAX];
	struct statfs fs;
	const char *what = NULL;

	if (fstatfs(upper_fd, &fs) < 0)
		return vz_err_sys(err, "stat the upper directory");
	if (fs.f_type == OVERLAYFS_SUPER_MAGIC)
		what = "it is on an overlayfs itself";
	else if (fgetxattr(upper_fd, "trusted.overlay.opaque", NULL, 0) < 0 && errno == EOPNOTSUPP)
		what = "its file system does not keep trusted extended attributes";
	if (!what)
		return 0;
	name_of_fd(upper_fd, name);
	vz_err_set(err, VZ_FAILED, "overlayfs cannot use '%s' as upper directory: %s", name, what);
	return vz_err_hint(err, "put the store on ext4, xfs or btrfs, with --root");
}

/*
 * A file in an upper remembers the inode it was copied from: by its number, and
 * by its file system's UUID, which in a composefs image is zero.  Over another
 * image the number is another file's, and overlayfs would take the two for one,
 * so that one's name shows the other's content, or ESTALE.  It trusts no UUID that two
 * layers have.  ramfs has none either, and costs nothing.
 */
static int mount_guard(struct vz_err *err)
{
	auto_fd int fs = vz_fs_open("ramfs", err);

	return fs < 0 ? -1 : vz_fs_mount(fs, "ramfs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME, err);
}

/* An image of the store, mounted; `*verity` goes if it is not sealed. */
static int mount_stored(const struct vz_store *s, const struct vz_digest *d, unsigned ways, bool *verity, struct vz_err *err)
{
	auto_fd int file = vz_store_open_image(s, d, err);
	bool sealed;

	if (file < 0 || check_seal(file, d, &sealed, err) < 0)
		return -1;
	*verity = *verity && sealed;
	return mount_image(file, ways, err);
}

int vz_mount_new(const struct vz_store *s, const struct vz_mount_plan *p, struct vz_err *err)
{
	static const struct vz_digest none;
	auto_fd int image = -1, layer = -1, guard = -1;
	struct layers l = {
		.objects = vz_store_objects_fd(s), .upper = p->upper_fd, .work = p->work_fd,
		.volatile_upper = p->volatile_upper, .verity = p->image_fd < 0 && kernel_is(6, 6),
		.data_only = !(p->ways & VZ_MOUNT_NO_DATADIR) && kernel_is(6, 5),
	};

	if (p->upper_fd >= 0 && check_upper(p->upper_fd, err) < 0)
		return -1;
	image = p->image_fd < 0 ? mount_stored(s, &p->image, p->ways, &l.verity, err) :
				  mount_image(p->image_fd, p->ways, err);
	if (image < 0)
		return vz_err_wrap(err, "image");
	if (vz_digest_cmp(&p->layer, &none) != 0 && (layer = mount_stored(s, &p->layer, p->ways, &l.verity, err)) < 0)
		return vz_err_wrap(err, "layer of private files");
	/* only a lasting upper meets another image */
	if (p->upper_fd >= 0 && !p->volatile_upper && (guard = mount_guard(err)) < 0)
		return -1;
	l.image = image;
	l.layer = layer;
	l.guard = guard;
	return vz_fs_in_namespace(-1, mount_layers, &l, err) < 0 ? -1 : l.result;
}

int vz_mount_attach(int mount_fd, const char *path, struct vz_err *err)
{
	auto_fd int target = vz_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, err);

	return target < 0 ? -1 : vz_fs_attach(mount_fd, target, path, err);
}

bool vz_mount_is_point(int dir, const char *path)
{
	struct statx st;

	return statx(dir, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int vz_mount_detach(const char *path, struct vz_err *err)
{
	if (umount2(path, UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (errno == EBUSY) {
		vz_err_set(err, VZ_BUSY, "'%s' is in use", path);
		return vz_err_hint(err, "end what works in it: see 'fuser -vm %s'", path);
	}
	if (errno == EINVAL)
		return vz_err_set(err, VZ_NOTFOUND, "nothing is mounted at '%s'", path);
	return vz_err_sys(err, "unmount '%s'", path);
}
