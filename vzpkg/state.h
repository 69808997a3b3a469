/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an environment is doing, as `list`, `status` and `info` tell it.
 */
#ifndef VZPKG_STATE_H
#define VZPKG_STATE_H

#include "link/running.h"
#include "link/settings.h"

struct vz_state {
	bool started, running, mounted;  /* started ones run */
	struct vz_running what;          /* of one that was started */
	struct vz_settings settings;
};

void vz_state_release(struct vz_state *s);
int vz_state_look(const struct vz_store *store, const char *env, struct vz_state *ret, struct vz_err *err);
/* "started"; "running": a command runs; "mounted"; "ended": it was started, and ended by itself; "stopped". */
const char *vz_state_word(const struct vz_state *s);

#endif
