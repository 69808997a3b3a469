/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "link/copy.h"
#include "link/env_mount.h"
#include "link/env_record.h"
#include "link/env_turn.h"
#include "link/identity.h"

static int copy_area(void *ctx, int dir, struct vz_err *err)
{
	const struct vz_turn *t = ctx;

	return t->upper < 0 ? 0 : vz_copy_dir(t->upper, dir, "upper", err);
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
	auto_fd int lock = vz_env_hold_idle(s, name, &from, &t, err);

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
