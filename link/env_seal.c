/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/env_mount.h"
#include "link/env_record.h"
#include "link/env_turn.h"

/* Takes what is at `path` out of the upper, if it is what was seen there. A directory goes if it is empty. */
static int drop(int upper, const struct vz_upper_change *c, struct vz_err *err)
{
	auto_free char *parent = vz_strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
	auto_fd int dir = vz_path_open_beneath(upper, *parent ? parent : "/", O_PATH | O_DIRECTORY, err);
	const char *name = strrchr(c->path, '/') + 1;
	struct stat st;

	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "stat '%s'", c->path);
	if (S_ISDIR(st.st_mode))
		return unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOTEMPTY ? 0 : vz_err_sys(err, "remove '%s'", c->path);
	/* another name of the same inode went before it: that changes the time of change */
	if (st.st_ino != c->seen.ino || (uint64_t)st.st_size != c->seen.size)
		return vz_err_set(err, VZ_BUSY, "'%s' changes while it is sealed", c->path);
	return unlinkat(dir, name, 0) < 0 ? vz_err_sys(err, "remove '%s'", c->path) : 0;
}

static int seal(struct vz_store *s, const struct vz_env_seal *what, struct vz_turn *t, struct vz_err *err)
{
	auto_upper_plan struct vz_upper_plan plan = {0};

	if (what->plan(what->ctx, t->upper, &t->before, &t->after.layer, &plan, err) < 0)
		return -1;
	if (!plan.n)
		return 0;
	/* the record is the commit point: from then on what is dropped shows all the same */
	if (vz_store_sync(s, err) < 0 || vz_env_write(s, &t->after, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.n; i++)
		if (drop(t->upper, &plan.changes[i], err) < 0)
			return -1;
	return 0;
}

int vz_env_hold_idle(struct vz_store *s, const char *name, struct vz_env *ret, struct vz_turn *ret_turn, struct vz_err *err)
{
	auto_fd int lock = vz_env_lock(s, name, ret, NULL, err);

	if (lock < 0 || vz_turn_open(s, name, lock, ret_turn, err) < 0)
		return -1;
	if (ret_turn->old >= 0) {
		vz_turn_release(ret_turn);
		vz_err_set(err, VZ_BUSY, "environment '%s' is in use", name);
		return vz_err_hint(err, "'vzpkg stop %s' or 'vzpkg umount %s' first", name, name);
	}
	/* commands that have ended may still be unmounting */
	if (vz_env_lock_mount(lock, VZ_LOCK_EXCLUSIVE, err) < 0) {
		vz_turn_release(ret_turn);
		return -1;
	}
	return steal_fd(&lock);
}

int vz_env_seal(struct vz_store *s, const struct vz_env_seal *what, struct vz_err *err)
{
	auto_turn struct vz_turn t = { .env = -1, .upper = -1, .old = -1 };
	auto_env struct vz_env now = {0};
	auto_fd int lock = vz_env_hold_idle(s, what->name, &now, &t, err);

	if (lock < 0)
		return -1;
	if (t.upper < 0)
		return 0;
	vz_env_copy(&now, &t.before);
	vz_env_copy(&now, &t.after);
	return seal(s, what, &t, err) < 0 ? vz_err_wrap(err, "environment '%s'", what->name) : 0;
}
