/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/recover.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/fd.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

int vz_recover_mark(int stage, struct vz_err *err)
{
	auto_buf struct vz_buf boot = {0};
	auto_fd int fd = -1;

	if (vz_read_file(AT_FDCWD, BOOT_ID, 256, &boot, err) < 0)
		return -1;
	fd = vz_open(stage, "boot", O_WRONLY | O_CREAT | O_EXCL, 0600, err);
	return fd < 0 ? -1 : vz_write_fd(fd, boot.data, boot.len, err);
}

/* A mark that cannot be read is one that the power took. */
static bool is_this_boot(int stage)
{
	auto_buf struct vz_buf now = {0}, then = {0};
	struct vz_err unused;

	return vz_read_file(AT_FDCWD, BOOT_ID, 256, &now, &unused) == 0 &&
	       vz_read_file(stage, "boot", 256, &then, &unused) == 0 && now.len == then.len &&
	       !memcmp(now.data, then.data, now.len);
}

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Is the file what `prefix` and its name, up to a dot, say: its fs-verity digest? */
static bool is_itself(int dir, const char *prefix, const char *name)
{
	auto_free char *hex = vz_printf("%s%.*s", prefix, (int)strcspn(name, "."), name);
	auto_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct vz_digest want, is;
	struct vz_err unused;

	return fd >= 0 && vz_digest_parse(hex, &want) && vz_verity_fd(fd, &is, &unused) == 0 && !vz_digest_cmp(&want, &is);
}

/* Removes what got its name since `since` in the directory `name`; what its name can be checked by only if it fails. */
static int sweep(int root, const char *name, const char *prefix, time_t since, struct vz_err *err)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(dir_close))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!d)
		return errno == ENOENT ? 0 : vz_err_sys(err, "read directory '%s'", name);
	while ((e = readdir(d))) {
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || st.st_ctime < since)
			continue;
		if (prefix && is_itself(fd, prefix, e->d_name))
			continue;
		if (unlinkat(fd, e->d_name, 0) < 0 && errno != ENOENT)
			return vz_err_sys(err, "remove '%s/%s'", name, e->d_name);
	}
	return 0;
}

int vz_recover(int root, int stage, struct vz_err *err)
{
	struct stat st;
	time_t since;

	if (is_this_boot(stage))
		return syncfs(root) < 0 ? vz_err_sys(err, "sync the store") : 0;
	/* the mark is written once, at the beginning; an hour for a clock that was set since */
	since = fstatat(stage, "boot", &st, 0) == 0 ? st.st_mtime - 3600 : 0;
	if (sweep(root, "compositions", NULL, since, err) < 0 || sweep(root, "packages", NULL, since, err) < 0 ||
	    sweep(root, "images", "", since, err) < 0)
		return -1;
	for (int i = 0; i < 256; i++) {
		char path[16], prefix[3];

		snprintf(prefix, sizeof prefix, "%02x", i);
		snprintf(path, sizeof path, "objects/%s", prefix);
		if (sweep(root, path, prefix, since, err) < 0)
			return -1;
	}
	return syncfs(root) < 0 ? vz_err_sys(err, "sync the store") : 0;
}
