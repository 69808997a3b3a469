/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"

#define NAME "reserve"

static bool has_room(int root, unsigned long long bytes)
{
	struct statvfs fs;

	return fstatvfs(root, &fs) == 0 && (unsigned long long)fs.f_bavail * fs.f_frsize >= bytes;
}

void vz_reserve_make(int root)
{
	auto_fd int fd = -1;

	if (faccessat(root, NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || !has_room(root, 4ull * VZ_RESERVE_BYTES))
		return;
	fd = openat(root, NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && posix_fallocate(fd, 0, VZ_RESERVE_BYTES) != 0)
		unlinkat(root, NAME, 0);
}

/* The sync gives the room back where a file system does so only once its journal is written. */
int vz_reserve_spend(int root, struct vz_err *err)
{
	if (has_room(root, VZ_RESERVE_BYTES))
		return 0;
	if (unlinkat(root, NAME, 0) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "remove the store's reserve");
	return syncfs(root) < 0 ? vz_err_sys(err, "sync the store") : 0;
}
