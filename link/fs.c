/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* The kernel's own words are in the context's log, one message a read: "e overlay: …". */
static void read_log(int fs, char *ret, size_t size)
{
	char line[256];
	ssize_t n;

	*ret = 0;
	while (fs >= 0 && (n = read(fs, line, sizeof line - 1)) > 2) {
		line[n - (line[n - 1] == '\n')] = 0;
		if (*line == 'e')
			snprintf(ret, size, " (%s)", line + 2);
	}
}

static int fail(int fs, struct vz_err *err, const char *what, const char *name)
{
	int saved = errno;
	char log[300];

	read_log(fs, log, sizeof log);
	errno = saved;
	vz_err_sys(err, "%s '%s'%s", what, name, log);
	if (saved == EPERM || saved == EACCES)
		vz_err_hint(err, "mounting needs root, with CAP_SYS_ADMIN");
	else if (saved == ENODEV)
		vz_err_hint(err, "this kernel does not have that file system: see 'modprobe %s'", name);
	errno = saved;
	return -1;
}

int vz_fs_open(const char *type, struct vz_err *err)
{
	int fs = fsopen(type, FSOPEN_CLOEXEC);

	return fs < 0 ? fail(-1, err, "open file system", type) : fs;
}

int vz_fs_set(int fs, const char *key, const char *value, struct vz_err *err)
{
	if (fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0) < 0)
		return fail(fs, err, "mount option", key);
	return 0;
}

int vz_fs_set_fd(int fs, const char *key, int fd, struct vz_err *err)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return vz_fs_set(fs, key, path, err);
}

int vz_fs_mount(int fs, const char *type, unsigned attributes, struct vz_err *err)
{
	int fd;

	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail(fs, err, "mount", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? fail(fs, err, "mount", type) : fd;
}

int vz_fs_attach(int mount_fd, int target_fd, const char *what, struct vz_err *err)
{
	if (move_mount(mount_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail(-1, err, "mount at", what);
	return 0;
}

int vz_fs_clone(int fd, const char *path, struct vz_err *err)
{
	int clone = open_tree(fd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);

	return clone < 0 ? fail(-1, err, "copy the mount at", path) : clone;
}

int vz_fs_pivot(int root_fd, struct vz_err *err)
{
	if (fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return vz_err_sys(err, "change the root directory");
	/* the old root now lies over the new one */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return vz_err_sys(err, "take the old root directory away");
	return 0;
}

/* To enter where one is already moves to its root: else "/" could be a directory
 * that nothing is mounted on, which no propagation can be set for, nor pivot_root. */
int vz_fs_own_namespace(struct vz_err *err)
{
	auto_fd int ns = vz_open(AT_FDCWD, "/proc/thread-self/ns/mnt", O_RDONLY, 0, err);

	if (ns < 0)
		return vz_err_hint(err, "mount the proc file system on '/proc'");
	if (setns(ns, CLONE_NEWNS) < 0)
		return fail(-1, err, "go to the root of", "the mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(-1, err, "make private", "/");
	return 0;
}

struct call {
	int ns_fd;
	int (*fn)(void *arg, struct vz_err *err);
	void *arg;
	struct vz_err *err;
	int result;
};

static int enter(int ns_fd, struct vz_err *err)
{
	if (unshare(CLONE_FS) < 0)
		return vz_err_sys(err, "leave the process's working directory");
	if (ns_fd >= 0)
		return setns(ns_fd, CLONE_NEWNS) < 0 ? vz_err_sys(err, "enter a mount namespace") : 0;
	if (unshare(CLONE_NEWNS) < 0)
		return fail(-1, err, "make a", "mount namespace");
	return vz_fs_own_namespace(err);
}

static void *thread(void *arg)
{
	struct call *c = arg;

	c->result = enter(c->ns_fd, c->err) < 0 ? -1 : c->fn(c->arg, c->err);
	return NULL;
}

int vz_fs_in_namespace(int ns_fd, int (*fn)(void *arg, struct vz_err *err), void *arg, struct vz_err *err)
{
	struct call c = { ns_fd, fn, arg, err, -1 };
	sigset_t all, old;
	pthread_t id;
	int failed;

	/* signals stay with the threads that know what to do with them */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(&id, NULL, thread, &c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		errno = failed;
		return vz_err_sys(err, "start a thread");
	}
	pthread_join(id, NULL);
	return c.result;
}
