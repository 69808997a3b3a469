/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/copy.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/table.h"

#define MAX_DEPTH 512
#define MAX_XATTRS 65536
#define CHUNK ((size_t)1 << 20)

struct copy {
	struct vz_table first;           /* the copies' names of inodes that have several, by number; values to be freed */
	unsigned depth;
	int top;                         /* of the copy */
	struct vz_err *err;
};

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define auto_dir __attribute__((cleanup(dir_close)))

/* Which inode it came from, and the like, means nothing for another. */
static bool is_about_inodes(const char *key)
{
	static const char *const keys[] = {
		"trusted.overlay.origin", "trusted.overlay.impure", "trusted.overlay.nlink", "trusted.overlay.uuid",
		"trusted.overlay.upper",
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* Both are O_PATH or open; the magic links lead to the inodes themselves. */
static int copy_xattrs(int from, int to, struct vz_err *err)
{
	auto_free char *keys = vz_alloc(MAX_XATTRS), *value = vz_alloc(MAX_XATTRS);
	char source[32], target[32];
	ssize_t len;

	snprintf(source, sizeof source, "/proc/self/fd/%d", from);
	snprintf(target, sizeof target, "/proc/self/fd/%d", to);
	len = listxattr(source, keys, MAX_XATTRS);
	if (len < 0)
		return errno == EOPNOTSUPP ? 0 : vz_err_sys(err, "list attributes");
	for (const char *key = keys; key < keys + len; key += strlen(key) + 1) {
		ssize_t size = is_about_inodes(key) ? -1 : getxattr(source, key, value, MAX_XATTRS);

		if (size >= 0 && setxattr(target, key, value, (size_t)size, 0) < 0)
			return vz_err_sys(err, "set attribute '%s'", key);
	}
	return 0;
}

/* Owner before mode, which it clears bits of; times last. */
static int copy_attributes(int from, const struct stat *st, int dir, const char *name, struct vz_err *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	auto_fd int to = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (to < 0 || fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(st->st_mode) && fchmodat(dir, name, st->st_mode & 07777, 0) < 0))
		return vz_err_sys(err, "copy the attributes of '%s'", name);
	if (copy_xattrs(from, to, err) < 0)
		return vz_err_wrap(err, "'%s'", name);
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? vz_err_sys(err, "set the times of '%s'", name) : 0;
}

/* [at, end), which has no hole. */
static int copy_range(int from, int to, off_t at, off_t end, struct vz_err *err)
{
	auto_free char *chunk = vz_alloc(CHUNK);

	while (at < end) {
		ssize_t n = pread(from, chunk, end - at < (off_t)CHUNK ? (size_t)(end - at) : CHUNK, at), put;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read");
		if (!n)
			break;
		for (ssize_t k = 0; k < n; k += put) {
			put = pwrite(to, chunk + k, (size_t)(n - k), at + k);
			if (put < 0 && errno != EINTR)
				return vz_err_sys(err, "write");
			put = put < 0 ? 0 : put;
		}
		at += n;
		if (vz_interrupted(err) < 0)
			return -1;
	}
	return 0;
}

int vz_copy_content(int from, int to, uint64_t size, struct vz_err *err)
{
	off_t at = 0, end;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (ftruncate(to, (off_t)size) < 0)
		return vz_err_sys(err, "write");
	while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return vz_err_sys(err, "read");
		if (copy_range(from, to, at, end, err) < 0)
			return -1;
		at = end;
	}
	return errno == ENXIO ? 0 : vz_err_sys(err, "read");
}

static int copy_file(int dir, int to, const char *name, struct vz_err *err)
{
	struct stat st;
	auto_fd int from = vz_path_open_entry(dir, name, &st, err);
	auto_fd int fd = from < 0 ? -1 : vz_open(to, name, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	if (vz_copy_content(from, fd, (uint64_t)st.st_size, err) < 0)
		return vz_err_wrap(err, "'%s'", name);
	return copy_attributes(from, &st, to, name, err);
}

static int copy_node(int fd, const struct stat *st, int to, const char *name, struct vz_err *err)
{
	char target[PATH_MAX];
	ssize_t n;
	int rc;

	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(fd, "", target, sizeof target - 1);
		if (n < 0)
			return vz_err_sys(err, "read link '%s'", name);
		target[n] = 0;
		rc = symlinkat(target, to, name);
	} else {
		rc = mknodat(to, name, st->st_mode, st->st_rdev);
	}
	return rc < 0 ? vz_err_sys(err, "make '%s'", name) : copy_attributes(fd, st, to, name, err);
}

/* One more name of an inode that was copied already? Then of the copy, too. 1: done. */
static int copy_link(struct copy *c, const struct stat *st, int to, const char *name, const char *path)
{
	char key[64];
	const char *first;

	if (st->st_nlink < 2)
		return 0;
	snprintf(key, sizeof key, "%ju", (uintmax_t)st->st_ino);
	first = vz_table_get(&c->first, key);
	if (first)
		return linkat(c->top, first, to, name, 0) < 0 ? vz_err_sys(c->err, "link '%s'", path) : 1;
	vz_table_put(&c->first, key, vz_strdup(path));
	return 0;
}

static int copy_entries(struct copy *c, int from, int to, const char *path);

static int copy_entry(struct copy *c, int from, int to, const char *name, const char *path)
{
	auto_fd int fd = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), sub = -1, copy = -1;
	struct stat st;
	int linked;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(c->err, "open '%s'", path);
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (!S_ISDIR(st.st_mode)) {
		linked = copy_link(c, &st, to, name, path);
		if (linked)
			return linked < 0 ? -1 : 0;
		return S_ISREG(st.st_mode) ? copy_file(from, to, name, c->err) : copy_node(fd, &st, to, name, c->err);
	}
	sub = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0 || mkdirat(to, name, 0700) < 0)
		return vz_err_sys(c->err, "make directory '%s'", path);
	copy = vz_open_dir(to, name, c->err);
	if (copy < 0 || copy_entries(c, sub, copy, path) < 0)
		return -1;
	return copy_attributes(fd, &st, to, name, c->err);
}

/* `path`: of the directory below the top, without a slash before it. */
static int copy_entries(struct copy *c, int from, int to, const char *path)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *e;

	if (!d)
		return vz_err_sys(c->err, "read directory '%s'", path);
	if (++c->depth > MAX_DEPTH)
		return vz_err_set(c->err, VZ_FAILED, "directories are nested deeper than %d", MAX_DEPTH);
	while ((errno = 0, e = readdir(d))) {
		auto_free char *sub = vz_printf("%s%s%s", path, *path ? "/" : "", e->d_name);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && copy_entry(c, from, to, e->d_name, sub) < 0)
			return -1;
	}
	c->depth--;
	return errno ? vz_err_sys(c->err, "read directory '%s'", path) : 0;
}

int vz_copy_dir(int from, int dir, const char *name, struct vz_err *err)
{
	struct copy c = { .err = err, .top = -1 };
	struct stat st;
	int rc;

	if (fstat(from, &st) < 0 || mkdirat(dir, name, 0700) < 0)
		return vz_err_sys(err, "make directory '%s'", name);
	c.top = vz_open_dir(dir, name, err);
	rc = c.top < 0 ? -1 : copy_entries(&c, from, c.top, "");
	if (rc == 0)
		rc = copy_attributes(from, &st, dir, name, err);
	for (size_t i = 0; i < c.first.n; i++)
		free(c.first.items[i].value);
	vz_table_release(&c.first);
	if (c.top >= 0)
		close(c.top);
	return rc;
}
