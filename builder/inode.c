/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/inode.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "builder/overlay.h"
#include "store/object.h"

#define XATTR_LIMIT (64 * 1024)

static bool wanted(const char *key)
{
	static const char *const marks[] = { "opaque", "redirect", "metacopy", "whiteout", "impure" };

	if (strncmp(key, VZ_OVERLAY_MARK, strlen(VZ_OVERLAY_MARK)) == 0) {
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
			if (strcmp(key + strlen(VZ_OVERLAY_MARK), marks[i]) == 0)
				return true;
		return false;
	}
	return strncmp(key, "user.overlay.", 13) != 0 && strcmp(key, "security.selinux") != 0 &&
	       strcmp(key, "security.ima") != 0 && strcmp(key, "security.evm") != 0;
}

/* An O_PATH descriptor has no attribute calls of its own; the magic link leads
 * to the inode itself, also where that is a symbolic link. */
static int read_xattrs(int fd, struct vz_node *n, struct vz_err *err)
{
	char self[32];
	auto_free char *keys = NULL, *value = NULL;
	ssize_t len;

	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	len = listxattr(self, NULL, 0);
	if (len == 0 || (len < 0 && errno == EOPNOTSUPP))
		return 0;
	keys = vz_alloc(XATTR_LIMIT);
	value = vz_alloc(XATTR_LIMIT);
	len = listxattr(self, keys, XATTR_LIMIT);
	if (len < 0)
		return vz_err_sys(err, "list the attributes of '%s'", n->name);
	for (const char *key = keys; key < keys + len; key += strlen(key) + 1) {
		ssize_t size = wanted(key) ? getxattr(self, key, value, XATTR_LIMIT) : -1;

		if (size >= 0)
			vz_node_set_xattr(n, key, value, (size_t)size);
		else if (wanted(key) && errno != ENODATA)
			return vz_err_sys(err, "read attribute '%s' of '%s'", key, n->name);
	}
	return 0;
}

static int read_target(int fd, struct vz_node *n, struct vz_err *err)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, "", target, sizeof target);

	if (len < 0 || len == sizeof target)
		return vz_err_sys(err, "read link '%s'", n->name);
	target[len] = 0;
	vz_node_set_symlink(n, target);
	return 0;
}

int vz_inode_read(int fd, const struct stat *st, struct vz_node *n, struct vz_err *err)
{
	n->mode = st->st_mode;
	n->uid = st->st_uid;
	n->gid = st->st_gid;
	n->mtime = st->st_mtim.tv_sec;
	n->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		n->rdev = (uint32_t)st->st_rdev;
	if (S_ISLNK(st->st_mode) && read_target(fd, n, err) < 0)
		return -1;
	return read_xattrs(fd, n, err);
}

/* What is small stands in the tree; the file may change while it is read. */
int vz_inode_read_content(struct vz_store *s, int fd, struct vz_node *n, uint64_t *new_bytes, struct vz_err *err)
{
	char head[VZ_INLINE_MAX + 1];
	size_t len = 0;
	struct vz_digest d;
	uint64_t size;
	bool new;

	while (len < sizeof head) {
		ssize_t got = read(fd, head + len, sizeof head - len);

		if (got < 0 && errno != EINTR)
			return vz_err_sys(err, "read '%s'", n->name);
		if (got == 0)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	if (len <= VZ_INLINE_MAX) {
		vz_node_set_content(n, head, len);
		return 0;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vz_err_sys(err, "read '%s'", n->name);
	if (vz_object_put_fd(s, fd, &d, &size, &new, err) < 0)
		return -1;
	vz_node_set_object(n, &d, size);
	if (new)
		*new_bytes += size;
	return 0;
}
