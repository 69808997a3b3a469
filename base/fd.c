/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/alloc.h"

int vz_open(int dir, const char *path, int flags, mode_t mode, struct vz_err *err)
{
	int fd = openat(dir, path, flags | O_CLOEXEC, mode);

	if (fd < 0) {
		int missing = errno == ENOENT;

		vz_err_sys(err, "open '%s'", path);
		if (missing)
			err->code = VZ_NOTFOUND;
	}
	return fd;
}

int vz_open_dir(int dir, const char *path, struct vz_err *err)
{
	return vz_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
}

int vz_make_dirs(int dir, const char *path, mode_t mode, struct vz_err *err)
{
	auto_free char *copy = vz_strdup(path);

	for (char *p = copy + 1; *copy; p++) {
		char c = *p;

		if (c != '/' && c != 0)
			continue;
		*p = 0;
		if (mkdirat(dir, copy, mode) < 0 && errno != EEXIST)
			return vz_err_sys(err, "make directory '%s'", copy);
		*p = c;
		if (!c)
			break;
	}
	return 0;
}

int vz_read_fd(int fd, size_t limit, struct vz_buf *ret, struct vz_err *err)
{
	size_t start = ret->len;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= limit)
		vz_buf_reserve(ret, (size_t)st.st_size + 1);
	for (;;) {
		ssize_t n;

		vz_buf_reserve(ret, 4096);
		n = read(fd, ret->data + ret->len, ret->cap - ret->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read");
		if (n == 0)
			break;
		ret->len += (size_t)n;
		if (ret->len - start > limit)
			return vz_err_set(err, VZ_FAILED, "larger than the limit of %zu bytes", limit);
	}
	ret->data[ret->len] = 0;
	return 0;
}

int vz_read_file(int dir, const char *path, size_t limit, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, path, O_RDONLY, 0, err);

	if (fd < 0)
		return -1;
	return vz_read_fd(fd, limit, ret, err) < 0 ? vz_err_wrap(err, "'%s'", path) : 0;
}

int vz_write_fd(int fd, const void *data, size_t len, struct vz_err *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int vz_fsync(int fd, const char *what, struct vz_err *err)
{
	return fsync(fd) < 0 ? vz_err_sys(err, "sync '%s'", what) : 0;
}

int vz_fsync_dir(int dir, const char *path, struct vz_err *err)
{
	auto_fd int fd = vz_open_dir(dir, path, err);

	return fd < 0 ? -1 : vz_fsync(fd, path, err);
}

static int write_synced(int dir, const char *name, const void *data, size_t len, mode_t mode, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, mode, err);

	if (fd < 0)
		return -1;
	if (vz_write_fd(fd, data, len, err) < 0)
		return vz_err_wrap(err, "'%s'", name);
	return vz_fsync(fd, name, err);
}

int vz_write_file(int dir, const char *path, const void *data, size_t len, mode_t mode, struct vz_err *err)
{
	static unsigned counter;
	auto_free char *tmp = vz_printf("%s.tmp.%d.%u", path, getpid(), __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
	auto_free char *parent = vz_strdup(path);
	char *slash = strrchr(parent, '/');

	if (write_synced(dir, tmp, data, len, mode, err) < 0) {
		unlinkat(dir, tmp, 0);
		return -1;
	}
	if (renameat(dir, tmp, dir, path) < 0) {
		vz_err_sys(err, "rename to '%s'", path);
		unlinkat(dir, tmp, 0);
		return -1;
	}
	if (slash)
		*slash = 0;
	return vz_fsync_dir(dir, !slash ? "." : slash == parent ? "/" : parent, err);
}

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

int vz_list_dir(int dir, const char *path, struct vz_texts *ret, struct vz_err *err)
{
	int fd = vz_open_dir(dir, path, err);
	__attribute__((cleanup(dir_close))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (fd < 0)
		return -1;
	if (!d) {
		close(fd);
		return vz_err_sys(err, "read directory '%s'", path);
	}
	while (errno = 0, (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			vz_texts_add(ret, e->d_name);
	if (errno)
		return vz_err_sys(err, "read directory '%s'", path);
	vz_texts_sort(ret);
	return 0;
}

/* A tree of any depth: what is nested too deeply is moved to the top and comes
 * round again, so that depth costs neither descriptors nor stack. */
struct removal {
	dev_t dev;
	int top;
	unsigned moved;
};

#define MAX_DEPTH 32

static int move_to_top(struct removal *r, int dir, const char *name, struct vz_err *err)
{
	char to[32];

	for (;;) {
		snprintf(to, sizeof to, ".moved-%u", r->moved++);
		if (renameat2(dir, name, r->top, to, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return vz_err_sys(err, "move '%s'", name);
	}
}

/* A directory to be emptied, made accessible if it is not. */
static int open_doomed(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

static int remove_children(struct removal *r, int dir, unsigned depth, struct vz_err *err);

static int remove_entry(struct removal *r, int dir, const char *name, unsigned depth, struct vz_err *err)
{
	auto_fd int fd = -1;
	struct stat st;
	unsigned moved;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return vz_err_sys(err, "remove '%s'", name);
	if (depth > MAX_DEPTH)
		return move_to_top(r, dir, name, err);
	fd = open_doomed(dir, name);
	if (fd < 0)
		return vz_err_sys(err, "remove '%s'", name);
	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat '%s'", name);
	if (st.st_dev != r->dev)
		return vz_err_set(err, VZ_BUSY, "remove '%s': another file system is mounted there", name);
	if (depth == 0)
		r->top = fd;
	do {
		moved = r->moved;
		if (remove_children(r, fd, depth + 1, err) < 0)
			return -1;
	} while (depth == 0 && r->moved != moved);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return vz_err_sys(err, "remove directory '%s'", name);
	return 0;
}

static int remove_children(struct removal *r, int dir, unsigned depth, struct vz_err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(dir_close))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d)
		return vz_err_sys(err, "read directory");
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (remove_entry(r, fd, e->d_name, depth, err) < 0)
			return -1;
	}
	return 0;
}

int vz_remove_tree(int dir, const char *name, struct vz_err *err)
{
	struct removal r = { .top = -1 };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "stat '%s'", name);
	r.dev = st.st_dev;
	return remove_entry(&r, dir, name, 0, err);
}

int vz_lock_fd(int fd, enum vz_lock how, bool wait, const char *what, struct vz_err *err)
{
	int op = (how == VZ_LOCK_SHARED ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB);

	while (flock(fd, op) < 0) {
		if (errno == EWOULDBLOCK)
			return vz_err_set(err, VZ_BUSY, "%s is in use by another vzpkg", what);
		if (errno != EINTR || !wait)
			return vz_err_sys(err, "lock %s", what);
	}
	return 0;
}
