/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/copy.h"
#include "link/env_mount.h"
#include "link/env_record.h"
#include "link/env_turn.h"
#include "link/identity.h"
#include "link/settings.h"

static int write_text(int dir, const char *name, const struct vz_buf *text, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	return vz_write_fd(fd, text->data, text->len, err) < 0 ? vz_err_wrap(err, "'%s'", name) : 0;
}

/* Limits are those of the other; whether it runs, and by what name, is its own affair. */
static int stage_settings(const struct vz_store *s, const char *from, int dir, struct vz_err *err)
{
	auto_settings struct vz_settings settings = {0};
	auto_buf struct vz_buf text = {0};

	if (vz_settings_read(s, from, &settings, err) < 0)
		return -1;
	settings.started = false;
	free(steal(&settings.hostname));
	return vz_settings_format(&settings, &text, err) < 0 ? -1 : write_text(dir, "settings.json", &text, err);
}

static int stage_clone(struct vz_store *s, const char *from, int upper, const struct vz_env *e, struct vz_err *err)
{
	int stage = vz_store_stage(s, err);
	auto_buf struct vz_buf text = {0};
	auto_fd int dir = -1;

	if (stage < 0 || vz_env_format(e, &text, err) < 0)
		return -1;
	if (mkdirat(stage, e->name, 0700) < 0)
		return vz_err_sys(err, "make directory '%s'", e->name);
	dir = vz_open_dir(stage, e->name, err);
	if (dir < 0 || write_text(dir, "env.json", &text, err) < 0 || stage_settings(s, from, dir, err) < 0)
		return -1;
	return upper < 0 ? 0 : vz_copy_dir(upper, dir, "upper", err);
}

static int publish(struct vz_store *s, const char *name, struct vz_err *err)
{
	auto_fd int envs = vz_open_dir(vz_store_fd(s), "envs", err);

	if (envs < 0 || vz_store_sync(s, err) < 0)
		return -1;
	if (renameat2(vz_store_stage(s, err), name, envs, name, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? vz_err_set(err, VZ_EXISTS, "environment '%s' exists already", name)
				       : vz_err_sys(err, "make environment '%s'", name);
	return vz_fsync(envs, "envs", err);
}

/* It is another host than the one it was copied from, and says so before anybody uses it. */
static int forget_identity(struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_fd int root = vz_env_mount_new(s, e, err);

	return root < 0 ? -1 : vz_identity_forget(root, err);
}

int vz_env_clone(struct vz_store *s, const char *name, const char *new, struct vz_env *ret, struct vz_err *err)
{
	auto_turn struct vz_turn t = { .env = -1, .upper = -1, .old = -1 };
	auto_env struct vz_env from = {0}, e = {0};
	auto_fd int new_lock = -1, lock = -1;
	struct vz_err unused;

	if (vz_env_check_new(s, new, err) < 0)
		return -1;
	new_lock = vz_store_lock(s, "env", new, true, err);
	lock = new_lock < 0 ? -1 : vz_env_hold_idle(s, name, &from, &t, err);
	if (lock < 0 || vz_env_check_new(s, new, err) < 0)
		return -1;
	vz_env_copy(&from, &e);
	free(e.name);
	free(e.reason);
	e.name = vz_strdup(new);
	e.reason = vz_strdup("clone");
	e.from = 0;
	e.created = e.since = time(NULL);
	if (stage_clone(s, name, t.upper, &e, err) < 0 || publish(s, new, err) < 0) {
		vz_remove_tree(vz_store_stage(s, &unused), new, &unused);
		return vz_err_wrap(err, "clone environment '%s'", name);
	}
	if (forget_identity(s, &e, err) < 0)
		return vz_err_wrap(err, "environment '%s'", new);
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}
