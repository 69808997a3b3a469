/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/upper_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/texts.h"
#include "link/copy.h"
#include "store/object.h"

#define XATTR_LIMIT (64 * 1024)

/* Overlayfs' own, and labels that the host gives by its own rules. */
static bool is_foreign(const char *key)
{
	return strncmp(key, "trusted.overlay.", strlen("trusted.overlay.")) == 0 ||
	       strncmp(key, "user.overlay.", strlen("user.overlay.")) == 0 || strcmp(key, "security.selinux") == 0 ||
	       strcmp(key, "security.ima") == 0 || strcmp(key, "security.evm") == 0;
}

/*
 * Making.
 */

static int copy_object(const struct vz_store *s, int to, const struct vz_node *n, struct vz_err *err)
{
	auto_fd int from = vz_object_open(s, &n->digest, err);
	struct stat st;

	if (from < 0)
		return -1;
	if (fstat(from, &st) < 0)
		return vz_err_sys(err, "stat object '%s'", n->payload);
	if ((uint64_t)st.st_size != n->size)
		return vz_err_set(err, VZ_DAMAGED, "object '%s' has another size than it had", n->payload);
	return vz_copy_content(from, to, n->size, err) < 0 ? vz_err_wrap(err, "object '%s'", n->payload) : 0;
}

static int make_file(const struct vz_store *s, int dir, const char *name, const struct vz_node *n, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	return n->has_digest ? copy_object(s, fd, n, err) : vz_write_fd(fd, n->content, n->size, err);
}

/* In this order: a new owner takes setuid bits and capabilities away. */
static int set_attributes(int dir, const char *name, const struct vz_node *n, struct vz_err *err)
{
	const struct timespec times[] = { { n->mtime, n->mtime_nsec }, { n->mtime, n->mtime_nsec } };
	auto_free char *path = vz_printf("/proc/self/fd/%d/%s", dir, name);

	if (fchownat(dir, name, n->uid, n->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return vz_err_sys(err, "change the owner");
	if (!vz_node_is_symlink(n) && fchmodat(dir, name, n->mode & 07777, 0) < 0)
		return vz_err_sys(err, "change the mode");
	for (uint32_t i = 0; i < n->n_xattrs; i++) {
		const struct vz_xattr *x = &n->xattrs[i];

		if (!is_foreign(x->key) && lsetxattr(path, x->key, x->value, x->len, 0) < 0)
			return vz_err_sys(err, "set attribute '%s'", x->key);
	}
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? vz_err_sys(err, "set the time") : 0;
}

static int make(const struct vz_store *s, int dir, const char *name, const struct vz_upper_change *c, struct vz_err *err)
{
	const struct vz_node *n = c->node;

	if (c->kind == VZ_UPPER_HIDE)
		return mknodat(dir, name, S_IFCHR, makedev(0, 0)) < 0 ? vz_err_sys(err, "make a whiteout") : 0;
	if (c->kind == VZ_UPPER_DIR ? !vz_node_is_dir(n) : !vz_node_is_file(n) && !vz_node_is_symlink(n))
		return vz_err_set(err, VZ_FAILED, "a file of this type cannot be put there");
	if (vz_node_is_file(n) && make_file(s, dir, name, n, err) < 0)
		return -1;
	if (vz_node_is_symlink(n) && symlinkat(n->payload, dir, name) < 0)
		return vz_err_sys(err, "make a symbolic link");
	if (vz_node_is_dir(n) && mkdirat(dir, name, 0700) < 0)
		return vz_err_sys(err, "make a directory");
	return set_attributes(dir, name, n, err);
}

int vz_upper_make(const struct vz_store *s, int dir, const char *name, const struct vz_upper_change *c,
		  struct vz_err *err)
{
	return make(s, dir, name, c, err) < 0 ? vz_err_wrap(err, "'%s'", c->path) : 0;
}

/*
 * Telling apart.
 */

static int add_xattrs(const char *self, struct vz_buf *b, struct vz_err *err)
{
	auto_free char *keys = vz_alloc(XATTR_LIMIT), *value = vz_alloc(XATTR_LIMIT);
	ssize_t len = listxattr(self, keys, XATTR_LIMIT);
	auto_texts struct vz_texts sorted = {0};

	if (len < 0 && errno != EOPNOTSUPP)
		return vz_err_sys(err, "list attributes");
	for (const char *key = keys; len > 0 && key < keys + len; key += strlen(key) + 1)
		if (!is_foreign(key))
			vz_texts_add(&sorted, key);
	vz_texts_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++) {
		ssize_t n = getxattr(self, sorted.v[i], value, XATTR_LIMIT);

		/* gone meanwhile, or not for us to read */
		if (n < 0)
			continue;
		vz_buf_printf(b, "%s=%zd:", sorted.v[i], n);
		vz_buf_add(b, value, (size_t)n);
	}
	return 0;
}

static int add_content(int handle, const char *self, const struct stat *st, struct vz_buf *b, struct vz_err *err)
{
	char target[PATH_MAX];
	struct vz_digest d;

	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(handle, "", target, sizeof target);

		if (n < 0)
			return vz_err_sys(err, "read the link");
		vz_buf_add(b, target, (size_t)n);
	} else if (S_ISREG(st->st_mode)) {
		auto_fd int fd = vz_open(AT_FDCWD, self, O_RDONLY | O_NONBLOCK, 0, err);

		if (fd < 0 || vz_verity_fd(fd, &d, err) < 0)
			return -1;
		vz_buf_add(b, &d, sizeof d);
	}
	return 0;
}

static int sum_up(int handle, const struct stat *st, struct vz_digest *ret, struct vz_err *err)
{
	auto_buf struct vz_buf b = {0};
	char self[32];

	snprintf(self, sizeof self, "/proc/self/fd/%d", handle);
	vz_buf_printf(&b, "%o %u %u %ju\n", st->st_mode, st->st_uid, st->st_gid,
		      (uintmax_t)(S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) ? st->st_rdev : 0));
	/* of a whiteout, whose time nobody sees, or a directory, whose time tells of what is in it */
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		vz_buf_printf(&b, "%jd.%ld\n", (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	if (add_xattrs(self, &b, err) < 0 || add_content(handle, self, st, &b, err) < 0)
		return -1;
	vz_sha256(b.data, b.len, ret);
	return 0;
}

/* `want`, which may be NULL, spares reading what cannot be the same. */
static int mark(int dir, const char *path, const struct vz_upper_mark *want, struct vz_upper_mark *ret,
		struct vz_err *err)
{
	auto_fd int handle = vz_path_open_beneath(dir, path, O_PATH | O_NOFOLLOW, err);
	struct vz_upper_mark m = {0};
	struct stat st;

	if (handle < 0 && err->code != VZ_NOTFOUND)
		return -1;
	if (handle >= 0) {
		if (fstat(handle, &st) < 0)
			return vz_err_sys(err, "stat '%s'", path);
		m.there = true;
		m.size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		if ((!want || (want->there && want->size == m.size)) && sum_up(handle, &st, &m.sum, err) < 0)
			return vz_err_wrap(err, "'%s'", path);
	}
	*ret = m;
	return 0;
}

int vz_upper_mark(int dir, const char *path, struct vz_upper_mark *ret, struct vz_err *err)
{
	return mark(dir, path, NULL, ret, err);
}

int vz_upper_is(int dir, const char *path, const struct vz_upper_mark *want, bool *ret, struct vz_err *err)
{
	struct vz_upper_mark is;

	if (mark(dir, path, want, &is, err) < 0)
		return -1;
	*ret = is.there == want->there && is.size == want->size && vz_digest_cmp(&is.sum, &want->sum) == 0;
	return 0;
}
