/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fd.h"

static int exists(const char *path, struct vz_err *err)
{
	vz_err_set(err, VZ_EXISTS, "'%s' is there already", path);
	return vz_err_hint(err, "name one that does not exist yet");
}

/* "dir/.name.XXXXXX" */
static char *aside_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return vz_printf("%.*s.%.200s.XXXXXX", (int)(name - path), path, name);
}

/* What mkstemp and mkdtemp make is for the owner only; the umask decides about it as for any other file. */
static mode_t usual_mode(mode_t mode)
{
	mode_t mask = umask(0);

	umask(mask);
	return mode & ~mask;
}

static int make(struct vz_target *t, enum vz_target_kind kind)
{
	if (kind == VZ_TARGET_FILE)
		t->fd = mkostemp(t->aside, O_CLOEXEC);
	else if (mkdtemp(t->aside))
		t->fd = open(t->aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->fd < 0 ? -1 : fchmod(t->fd, usual_mode(kind == VZ_TARGET_FILE ? 0666 : 0777));
}

int vz_target_begin(const char *path, enum vz_target_kind kind, struct vz_target *ret, struct vz_err *err)
{
	auto_target struct vz_target t = { .path = vz_strdup(path), .fd = -1 };
	size_t len = strlen(path);
	struct stat st;

	while (len > 1 && path[len - 1] == '/')
		t.path[--len] = 0;
	if (lstat(t.path, &st) == 0)
		return exists(path, err);
	t.aside = aside_name(t.path);
	if (make(&t, kind) < 0) {
		vz_err_sys(err, "make '%s'", path);
		if (t.fd < 0)
			free(steal(&t.aside));
		return -1;
	}
	*ret = t;
	t = (struct vz_target){ .fd = -1 };
	return 0;
}

int vz_target_end(struct vz_target *t, struct vz_err *err)
{
	auto_free char *dir = vz_strdup(t->path);
	char *slash = strrchr(dir, '/');

	/* the files of a directory, too */
	if (syncfs(t->fd) < 0)
		return vz_err_sys(err, "sync '%s'", t->path);
	if (renameat2(AT_FDCWD, t->aside, AT_FDCWD, t->path, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? exists(t->path, err) : vz_err_sys(err, "rename to '%s'", t->path);
	free(steal(&t->aside));
	if (slash)
		slash[slash == dir] = 0;
	return vz_fsync_dir(AT_FDCWD, slash ? dir : ".", err);
}

void vz_target_release(struct vz_target *t)
{
	struct vz_err unused;

	if (t->path && t->fd >= 0)
		close(t->fd);
	if (t->aside)
		vz_remove_tree(AT_FDCWD, t->aside, &unused);
	free(t->aside);
	free(t->path);
	*t = (struct vz_target){ .fd = -1 };
}
