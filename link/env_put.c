/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/env_record.h"

static int write_text(int dir, const char *name, const struct vz_buf *text, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	return vz_write_fd(fd, text->data, text->len, err) < 0 ? vz_err_wrap(err, "'%s'", name) : 0;
}

static int stage(struct vz_store *s, const struct vz_env_parts *p, struct vz_err *err)
{
	int stage = vz_store_stage(s, err);
	auto_buf struct vz_buf record = {0}, settings = {0};
	auto_fd int dir = -1;

	if (stage < 0 || vz_env_format(p->env, &record, err) < 0 || vz_settings_format(p->settings, &settings, err) < 0)
		return -1;
	if (mkdirat(stage, p->env->name, 0700) < 0)
		return vz_err_sys(err, "make directory '%s'", p->env->name);
	dir = vz_open_dir(stage, p->env->name, err);
	if (dir < 0 || write_text(dir, "env.json", &record, err) < 0 || write_text(dir, "settings.json", &settings, err) < 0)
		return -1;
	return p->area ? p->area(p->ctx, dir, err) : 0;
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

int vz_env_put(struct vz_store *s, const struct vz_env_parts *p, struct vz_err *err)
{
	const char *name = p->env->name;
	auto_fd int lock = -1;
	struct vz_err unused;

	if (vz_env_check_new(s, name, err) < 0)
		return -1;
	lock = vz_store_lock(s, "env", name, true, err);
	if (lock < 0 || vz_env_check_new(s, name, err) < 0)
		return -1;
	if (stage(s, p, err) == 0 && publish(s, name, err) == 0)
		return 0;
	vz_remove_tree(vz_store_stage(s, &unused), name, &unused);
	return -1;
}
