/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "link/env.h"
#include "link/runtime.h"

void vz_runtime_tell(const struct vz_store *s, const char *name)
{
	auto_running struct vz_running r = {0};
	auto_fd int fd = vz_running_look(s, name, &r) ? vz_running_open(&r) : -1;

	if (fd >= 0)
		pidfd_send_signal(fd, SIGTERM, NULL, 0);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Gives process 1 its time. */
static int await_end(const struct vz_running *r, unsigned seconds, struct vz_err *err)
{
	auto_fd int fd = vz_running_open(r);
	struct pollfd pfd = { fd, POLLIN, 0 };
	int64_t end = now_ms() + (int64_t)seconds * 1000, left;

	if (fd < 0)
		return 0;
	pidfd_send_signal(fd, SIGTERM, NULL, 0);
	while (!pfd.revents && (left = end - now_ms()) > 0) {
		if (poll(&pfd, 1, (int)left) < 0 && errno != EINTR)
			return vz_err_sys(err, "poll");
		if (vz_interrupted(err) < 0)
			return -1;
	}
	return 0;
}

static int forget(struct vz_store *s, const char *name, struct vz_err *err)
{
	auto_settings struct vz_settings settings = {0};

	if (vz_settings_read(s, name, &settings, err) < 0)
		return -1;
	if (!settings.started)
		return 0;
	settings.started = false;
	return vz_settings_write(s, name, &settings, err);
}

int vz_runtime_stop(struct vz_store *s, const struct vz_runtime_stop *how, bool *ret_ran, struct vz_err *err)
{
	auto_running struct vz_running r = {0};
	auto_env struct vz_env e = {0};
	auto_fd int lock = -1;
	bool ran;

	if (vz_env_read(s, how->name, &e, err) < 0 || (lock = vz_store_lock(s, "env", how->name, true, err)) < 0)
		return -1;
	/* before anything else: if we are killed on the way, it stays stopped once the host has booted */
	if (!how->remember && forget(s, how->name, err) < 0)
		return -1;
	ran = vz_running_look(s, how->name, &r);
	if (ran && await_end(&r, how->seconds, err) < 0)
		return vz_err_wrap(err, "environment '%s'", how->name);
	if (vz_running_clear(s, how->name, err) < 0)
		return -1;
	*ret_ran = ran;
	return 0;
}
