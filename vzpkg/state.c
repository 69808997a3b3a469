/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/state.h"

#include "link/env.h"

void vz_state_release(struct vz_state *s)
{
	vz_running_release(&s->what);
	vz_settings_release(&s->settings);
	*s = (struct vz_state){0};
}

int vz_state_look(const struct vz_store *store, const char *env, struct vz_state *ret, struct vz_err *err)
{
	struct vz_state s = {0};

	if (vz_settings_read(store, env, &s.settings, err) < 0)
		return -1;
	s.started = vz_running_look(store, env, &s.what);
	s.running = s.started || vz_env_is_running(store, env);
	s.mounted = vz_env_is_mounted(store, env);
	*ret = s;
	return 0;
}

const char *vz_state_word(const struct vz_state *s)
{
	if (s->started)
		return "started";
	if (s->running)
		return "running";
	return s->mounted ? "mounted" : s->settings.started ? "ended" : "stopped";
}
