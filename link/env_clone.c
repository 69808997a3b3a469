/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "link/copy.h"
#include "link/env_mount.h"
#include "link/env_record.h"
#include "link/env_turn.h"
#include "link/identity.h"
#include "link/quiesce.h"

/* What is in it stands still till this is released, so that what is copied was there at one moment. */
static int hold(const struct vz_turn *t, struct vz_quiesce *ret, struct vz_err *err)
{
	struct stat st;

	if (fstat(t->old, &st) < 0)
		return vz_err_sys(err, "stat the environment's root");
	if (vz_quiesce_begin(st.st_dev, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->n; i++)
		if (!ret->threads[i].held && ret->threads[i].why)
			return vz_err_set(err, VZ_BUSY, "process %d cannot be held: %s", (int)ret->threads[i].pid, ret->threads[i].why);
	return 0;
}

static int copy_area(void *ctx, int dir, struct vz_err *err)
{
	const struct vz_turn *t = ctx;
	auto_quiesce struct vz_quiesce q = {0};

	if (t->upper < 0)
		return 0;
	if (t->old >= 0 && hold(t, &q, err) < 0)
		return -1;
	return vz_copy_dir(t->upper, dir, "upper", err);
}

/* Nobody else moves or mounts it meanwhile. */
static int open_source(struct vz_store *s, const char *name, struct vz_env *ret, struct vz_turn *ret_turn, struct vz_err *err)
{
	auto_fd int lock = vz_env_lock(s, name, ret, NULL, err);

	if (lock < 0 || vz_turn_open(s, name, lock, ret_turn, err) < 0)
		return -1;
	/* commands that have ended may still be unmounting */
	if (ret_turn->old < 0 && vz_env_lock_mount(lock, VZ_LOCK_EXCLUSIVE, err) < 0)
		return -1;
	return steal_fd(&lock);
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
	auto_settings struct vz_settings settings = {0};
	auto_env struct vz_env from = {0}, e = {0};
	const struct vz_env_parts parts = { .env = &e, .settings = &settings, .area = copy_area, .ctx = &t };
	auto_fd int lock = open_source(s, name, &from, &t, err);

	if (lock < 0 || vz_settings_read(s, name, &settings, err) < 0)
		return -1;
	/* limits are those of the other; whether it runs, and by what name, is its own affair */
	settings.started = false;
	free(steal(&settings.hostname));
	vz_env_copy(&from, &e);
	free(e.name);
	free(e.reason);
	e.name = vz_strdup(new);
	e.reason = vz_strdup("clone");
	e.from = 0;
	e.created = e.since = time(NULL);
	if (vz_env_put(s, &parts, err) < 0)
		return vz_err_wrap(err, "clone environment '%s'", name);
	if (forget_identity(s, &e, err) < 0)
		return vz_err_wrap(err, "environment '%s'", new);
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}
