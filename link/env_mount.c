/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env_mount.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/env_turn.h"
#include "link/fs.h"
#include "link/identity.h"
#include "link/mount.h"
#include "link/running.h"
#include "link/settings.h"

static char *path_in(const char *name, const char *what)
{
	return vz_printf("envs/%s/%s", name, what);
}

bool vz_env_is_mounted(const struct vz_store *s, const char *name)
{
	auto_free char *root = path_in(name, "root");

	return vz_name_is_sane(name) && vz_mount_is_point(vz_store_fd(s), root);
}

/* Pid 1 of a command that runs, or 0. */
static pid_t holder(int lock)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	return fcntl(lock, F_GETLK, &l) < 0 || l.l_type == F_UNLCK ? 0 : l.l_pid;
}

bool vz_env_is_running(const struct vz_store *s, const char *name)
{
	auto_free char *path = vz_printf("locks/env-%s", name);
	auto_fd int lock = vz_name_is_sane(name) ? openat(vz_store_fd(s), path, O_RDONLY | O_CLOEXEC) : -1;

	return (lock >= 0 && holder(lock)) || vz_running_look(s, name, NULL);
}

/* A directory of the private area, made when first needed. */
static int open_area(const struct vz_store *s, const char *name, const char *what, mode_t mode, struct vz_err *err)
{
	auto_free char *path = path_in(name, what);

	/* whatever the umask is: the mode of upper/ is that of the environment's root directory */
	if (mkdirat(vz_store_fd(s), path, mode) == 0)
		fchmodat(vz_store_fd(s), path, mode, 0);
	return vz_open_dir(vz_store_fd(s), path, err);
}

int vz_env_lock_mount(int lock, enum vz_lock how, struct vz_err *err)
{
	short type = how == VZ_LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK;
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1 };

	return fcntl(lock, F_SETLKW, &l) < 0 ? vz_err_sys(err, "wait for the last mount of the environment") : 0;
}

int vz_env_mount_new(const struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_fd int upper = open_area(s, e->name, "upper", 0755, err);
	auto_fd int work = upper < 0 ? -1 : open_area(s, e->name, "work", 0700, err);
	struct vz_mount_plan plan = {
		.image_fd = -1, .image = e->shows.image, .layer = e->layer, .upper_fd = upper, .work_fd = work,
	};

	return work < 0 ? -1 : vz_mount_new(s, &plan, err);
}

static int mount_new(const struct vz_store *s, const struct vz_env *e, int lock, struct vz_err *err)
{
	/* commands that have ended may still be unmounting */
	return vz_env_lock_mount(lock, VZ_LOCK_EXCLUSIVE, err) < 0 ? -1 : vz_env_mount_new(s, e, err);
}

/* In: a root directory. Out: a detached mount of it. */
static int clone_root(void *arg, struct vz_err *err)
{
	int *fd = arg, clone = vz_fs_clone(*fd, "", err);

	if (clone < 0)
		return -1;
	close(*fd);
	*fd = clone;
	return 0;
}

/* Opens the root directory and the mount namespace of a process. That it is the right one is to be asked afterwards. */
static int open_root(intmax_t pid, int *ret_ns, struct vz_err *err)
{
	auto_free char *ns = vz_printf("/proc/%jd/ns/mnt", pid), *root = vz_printf("/proc/%jd/root", pid);

	*ret_ns = vz_open(AT_FDCWD, ns, O_RDONLY, 0, err);
	/* not the namespace's own: something may lie over it (link/remap.h) */
	return *ret_ns < 0 ? -1 : vz_open(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0, err);
}

/* A detached mount of what process `pid`, the holder of `lock`, has as its root
 * directory. -1 also if it has ended meanwhile: ask again for the holder. */
static int join(int lock, pid_t pid, struct vz_err *err)
{
	auto_fd int ns = -1, fd = -1;

	fd = open_root(pid, &ns, err);
	if (fd < 0 || holder(lock) != pid)
		return -1;
	return vz_fs_in_namespace(ns, clone_root, &fd, err) < 0 ? -1 : steal_fd(&fd);
}

/* The same of what was started. */
static int join_started(const struct vz_running *r, struct vz_err *err)
{
	auto_fd int ns = -1, fd = -1, alive = -1;

	fd = open_root((intmax_t)r->pid, &ns, err);
	alive = vz_running_open(r);
	if (fd < 0 || alive < 0)
		return -1;
	return vz_fs_in_namespace(ns, clone_root, &fd, err) < 0 ? -1 : steal_fd(&fd);
}

/* -1 in `ret_fd` without an error: it does not run. */
static int find_started(const struct vz_store *s, const char *name, int *ret_fd, struct vz_err *err)
{
	auto_running struct vz_running r = {0};

	*ret_fd = -1;
	if (!vz_running_look(s, name, &r))
		return 0;
	*ret_fd = join_started(&r, err);
	return *ret_fd >= 0 || !vz_running_look(s, name, NULL) ? 0 : -1;
}

int vz_env_find_mount(const struct vz_store *s, const char *name, int lock, int *ret_fd, struct vz_err *err)
{
	auto_free char *root = path_in(name, "root");
	pid_t pid;

	*ret_fd = -1;
	if (vz_env_is_mounted(s, name)) {
		*ret_fd = vz_fs_clone(vz_store_fd(s), root, err);
		return *ret_fd < 0 ? -1 : 0;
	}
	if (find_started(s, name, ret_fd, err) < 0 || *ret_fd >= 0)
		return *ret_fd < 0 ? -1 : 0;
	while ((pid = holder(lock))) {
		*ret_fd = join(lock, pid, err);
		if (*ret_fd >= 0 || holder(lock) == pid)
			return *ret_fd < 0 ? -1 : 0;
	}
	return 0;
}

int vz_env_get_mount(const struct vz_store *s, const struct vz_env *e, int lock, struct vz_err *err)
{
	int fd;

	if (vz_env_find_mount(s, e->name, lock, &fd, err) < 0)
		return -1;
	/* what is left of one that was started may have it mounted, where nobody else sees it */
	if (fd < 0 && vz_running_clear(s, e->name, err) < 0)
		return -1;
	return fd < 0 ? mount_new(s, e, lock, err) : fd;
}

int vz_env_stale(struct vz_store *s, const char *name, struct vz_stale_list *ret, struct vz_err *err)
{
	auto_fd int lock = -1, root = -1;    /* the mount goes before the lock: nobody else may have made one meanwhile */

	*ret = (struct vz_stale_list){0};
	if (!vz_env_is_mounted(s, name) && !vz_env_is_running(s, name))
		return 0;
	lock = vz_store_lock(s, "env", name, true, err);
	if (lock < 0 || vz_env_find_mount(s, name, lock, &root, err) < 0)
		return -1;
	return root < 0 ? 0 : vz_stale_find(root, ret, err);
}

/* Attaches a second mount of what `mount_fd` is at `dir`, and notes that. */
static int attach_besides(int env, int mount_fd, const char *dir, struct vz_err *err)
{
	auto_fd int copy = vz_fs_clone(mount_fd, "", err);

	if (copy < 0)
		return -1;
	unlinkat(env, "at", 0);
	if (symlinkat(dir, env, "at") < 0)
		return vz_err_sys(err, "note the mount at '%s'", dir);
	return vz_mount_attach(copy, dir, err);
}

static int attach(const struct vz_store *s, const char *name, int mount_fd, const char *dir, struct vz_err *err)
{
	auto_free char *path = path_in(name, "."), *root = vz_printf("%s/envs/%s/root", vz_store_path(s), name);
	auto_fd int env = vz_open_dir(vz_store_fd(s), path, err);
	struct vz_err unused;

	if (env < 0)
		return -1;
	if (mkdirat(env, "root", 0700) < 0 && errno != EEXIST)
		return vz_err_sys(err, "make directory '%s'", root);
	if (vz_mount_attach(mount_fd, root, err) < 0)
		return -1;
	if (dir && attach_besides(env, mount_fd, dir, err) < 0) {
		vz_mount_detach(root, &unused);
		unlinkat(env, "root", AT_REMOVEDIR);
		unlinkat(env, "at", 0);
		return -1;
	}
	return 0;
}

static int give_identity(const struct vz_store *s, const char *name, int root, struct vz_err *err)
{
	auto_settings struct vz_settings settings = {0};
	auto_free char *hostname = NULL;

	if (vz_settings_read(s, name, &settings, err) < 0)
		return -1;
	hostname = vz_settings_hostname(&settings, name);
	return vz_identity_give(root, hostname, settings.hostname, err);
}

int vz_env_mount(struct vz_store *s, const char *name, const char *dir, char **ret_where, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	auto_fd int lock = -1, fd = -1;
	char real[PATH_MAX];

	if (dir && !realpath(dir, real)) {
		int missing = errno == ENOENT;

		vz_err_sys(err, "mount at '%s'", dir);
		err->code = missing ? VZ_NOTFOUND : err->code;
		return -1;
	}
	lock = vz_env_lock(s, name, &e, NULL, err);
	if (lock < 0)
		return -1;
	if (vz_env_is_mounted(s, name)) {
		vz_err_set(err, VZ_BUSY, "environment '%s' is mounted already", name);
		return vz_err_hint(err, "'vzpkg umount %s' first", name);
	}
	fd = vz_env_get_mount(s, &e, lock, err);
	if (fd < 0 || give_identity(s, name, fd, err) < 0 || attach(s, name, fd, dir ? real : NULL, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	*ret_where = dir ? vz_strdup(real) : vz_printf("%s/envs/%s/root", vz_store_path(s), name);
	return 0;
}

/* The noted directory still shows this environment if it has the device number of its root. */
static int detach_besides(int env, struct vz_err *err)
{
	char dir[PATH_MAX];
	struct stat root, other;
	ssize_t n = readlinkat(env, "at", dir, sizeof dir - 1);

	if (n < 0)
		return 0;
	dir[n] = 0;
	if (fstatat(env, "root", &root, 0) < 0 || stat(dir, &other) < 0 || root.st_dev != other.st_dev ||
	    !vz_mount_is_point(AT_FDCWD, dir))
		return 0;
	return vz_mount_detach(dir, err);
}

int vz_env_umount(struct vz_store *s, const char *name, struct vz_err *err)
{
	auto_free char *path = path_in(name, "."), *root = vz_printf("%s/envs/%s/root", vz_store_path(s), name);
	auto_env struct vz_env e = {0};
	auto_fd int lock = -1, env = -1;

	if (vz_env_read(s, name, &e, err) < 0 || (lock = vz_store_lock(s, "env", name, true, err)) < 0)
		return -1;
	if (!vz_env_is_mounted(s, name))
		return vz_err_set(err, VZ_NOTFOUND, "environment '%s' is not mounted", name);
	env = vz_open_dir(vz_store_fd(s), path, err);
	if (env < 0 || detach_besides(env, err) < 0)
		return -1;
	/* a move that died left one below the other */
	while (vz_env_is_mounted(s, name))
		if (vz_mount_detach(root, err) < 0)
			return -1;
	unlinkat(env, "at", 0);
	unlinkat(env, "root", AT_REMOVEDIR);
	return 0;
}
