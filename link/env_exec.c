/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/file.h>

#include "base/fd.h"
#include "link/enter.h"
#include "link/env_mount.h"
#include "link/env_turn.h"
#include "link/runtime.h"
#include "link/settings.h"

int vz_env_exec(struct vz_store *s, const char *name, const char *const *argv, int *ret_status, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	auto_settings struct vz_settings settings = {0};
	auto_running struct vz_running running = {0};
	auto_free char *hostname = NULL;
	auto_fd int lock = -1, root = -1;    /* closed in this order's reverse: the mount goes before the lock */
	struct vz_enter enter = {
		.argv = argv, .stdin_fd = 0, .stdout_fd = 1, .stderr_fd = 2, .host_resolv_conf = true,
	};

	lock = vz_env_lock(s, name, &e, NULL, err);
	if (lock < 0 || vz_settings_read(s, name, &settings, err) < 0)
		return -1;
	if (vz_running_look(s, name, &running)) {
		flock(lock, LOCK_UN);
		return vz_runtime_exec(s, name, &running, argv, ret_status, err);
	}
	root = vz_env_get_mount(s, &e, lock, err);
	if (root < 0 || vz_env_lock_mount(lock, VZ_LOCK_SHARED, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	hostname = vz_settings_hostname(&settings, name);
	enter.root_fd = root;
	enter.lock_fd = lock;
	enter.hostname = hostname;
	return vz_enter_run(&enter, ret_status, err);
}
