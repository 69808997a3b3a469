/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/path.h"

#include <ctype.h>
#include <errno.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fd.h"

static int open_in(int root, const char *path, int flags, mode_t mode, unsigned long long resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = 0;

	/* EAGAIN: a rename elsewhere raced with "..": the manual says to retry */
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR) && tries++ < 64);
	return fd;
}

int vz_path_open(int root, const char *path, int flags, mode_t mode, struct vz_err *err)
{
	int fd = open_in(root, path, flags, mode, RESOLVE_IN_ROOT);

	if (fd < 0) {
		int missing = errno == ENOENT;

		vz_err_sys(err, "open '%s' inside the root", path);
		if (missing)
			err->code = VZ_NOTFOUND;
	}
	return fd;
}

/* Turns an O_PATH descriptor of a regular file into one for reading. */
static int reopen_file(int handle, const char *path, struct stat *ret_st, struct vz_err *err)
{
	char self[64];
	struct stat st;
	int fd;

	if (fstat(handle, &st) < 0)
		return vz_err_sys(err, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vz_err_set(err, VZ_FAILED, "'%s' is not a regular file", path);
	snprintf(self, sizeof self, "/proc/self/fd/%d", handle);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return vz_err_sys(err, "open '%s'", path);
	if (ret_st)
		*ret_st = st;
	return fd;
}

int vz_path_open_file(int root, const char *path, struct vz_err *err)
{
	auto_fd int handle = vz_path_open(root, path, O_PATH, 0, err);

	return handle < 0 ? -1 : reopen_file(handle, path, NULL, err);
}

int vz_path_open_entry(int dir, const char *name, struct stat *ret_st, struct vz_err *err)
{
	auto_fd int handle = open_in(dir, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	if (handle < 0)
		return vz_err_sys(err, "open '%s'", name);
	return reopen_file(handle, name, ret_st, err);
}

int vz_path_open_beneath(int root, const char *path, int flags, struct vz_err *err)
{
	const char *relative = path + strspn(path, "/");
	int fd = open_in(root, *relative ? relative : ".", flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0) {
		bool missing = errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV;

		vz_err_sys(err, "open '%s'", path);
		if (missing)
			err->code = VZ_NOTFOUND;
	}
	return fd;
}

int vz_path_make_dirs(int root, const char *path, mode_t mode, struct vz_err *err)
{
	auto_free char *normal = vz_path_normal(path);
	auto_fd int dir = open_in(root, ".", O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT);

	for (char *p = normal + 1, *end; dir >= 0 && *p; p = end) {
		int next;
		char *name = p;

		end = strchrnul(p, '/');
		if (*end)
			*end++ = 0;
		/* each prefix is resolved again from the root, so links in it stay inside */
		next = open_in(root, normal, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT);
		if (next < 0 && errno == ENOENT && mkdirat(dir, name, mode) == 0)
			next = open_in(root, normal, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT);
		if (next < 0)
			return vz_err_sys(err, "make directory '%s' inside the root", normal);
		close(dir);
		dir = next;
		if (*end)
			end[-1] = '/';
	}
	return dir < 0 ? vz_err_sys(err, "open the root") : 0;
}

bool vz_path_is_sane(const char *path)
{
	size_t run = 0;

	if (!*path || strlen(path) >= 4096)
		return false;
	for (const char *p = path;; p++) {
		if (*p && *p != '/') {
			run++;
			continue;
		}
		if (run > 255 || (run == 2 && p[-1] == '.' && p[-2] == '.'))
			return false;
		run = 0;
		if (!*p)
			return true;
	}
}

char *vz_path_normal(const char *path)
{
	struct vz_buf b = {0};

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len && !(len == 1 && *path == '.')) {
			vz_buf_putc(&b, '/');
			vz_buf_add(&b, path, len);
		}
		path += len + (path[len] == '/');
	}
	if (!b.len)
		vz_buf_putc(&b, '/');
	return vz_buf_steal(&b);
}

bool vz_name_is_sane(const char *name)
{
	if (!isalnum((unsigned char)*name) || strlen(name) > 128)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}
