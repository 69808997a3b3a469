/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/table.h"

#define MAX_DEPTH 256

struct counting {
	dev_t dev;
	struct vz_table seen;
	uint64_t bytes;
};

static void counting_release(struct counting *c)
{
	vz_table_release(&c->seen);
}

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The first name of an inode counts, the others do not. */
static bool is_first(struct counting *c, const struct stat *st)
{
	char key[32];

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return true;
	snprintf(key, sizeof key, "%ju", (uintmax_t)st->st_ino);
	if (vz_table_has(&c->seen, key))
		return false;
	vz_table_put(&c->seen, key, NULL);
	return true;
}

static int count_below(struct counting *c, int dir, const char *name, unsigned depth, struct vz_err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	__attribute__((cleanup(dir_close))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : vz_err_sys(err, "open '%s'", name);
	if (depth > MAX_DEPTH)
		return vz_err_set(err, VZ_FAILED, "directories are nested more than %d deep", MAX_DEPTH);
	if (fstat(fd, &st) < 0 || (depth && st.st_dev != c->dev))
		return 0;
	c->dev = st.st_dev;
	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != c->dev)
			continue;
		if (is_first(c, &st))
			c->bytes += (uint64_t)st.st_blocks * 512;
		if (S_ISDIR(st.st_mode) && count_below(c, fd, e->d_name, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int vz_usage_below(int dir, const char *path, uint64_t *total, struct vz_err *err)
{
	__attribute__((cleanup(counting_release))) struct counting c = {0};

	if (count_below(&c, dir, path, 0, err) < 0)
		return -1;
	*total += c.bytes;
	return 0;
}

int vz_usage(int dir, const char *path, uint64_t *total, struct vz_err *err)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "stat '%s'", path);
	*total += (uint64_t)st.st_blocks * 512;
	return S_ISDIR(st.st_mode) ? vz_usage_below(dir, path, total, err) : 0;
}
