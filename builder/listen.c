/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define LOG_LIMIT (16u << 20)

static void take_log(struct vz_listener *l, const char *data, size_t len)
{
	size_t room = LOG_LIMIT - l->logged;

	if (!room)
		return;
	vz_buf_add(l->log, data, len < room ? len : room);
	l->logged += len < room ? len : room;
	if (l->logged == LOG_LIMIT)
		vz_buf_puts(l->log, "\n[the rest of the output was dropped]\n");
}

static void take_status(struct vz_listener *l, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n') {
			if (l->line_len < sizeof l->line - 1)
				l->line[l->line_len++] = data[i];
			continue;
		}
		l->line[l->line_len] = 0;
		l->line_len = 0;
		l->on_line(l->ctx, l->line);
	}
}

/* False once nobody can write any more. */
static bool take(struct vz_listener *l, const struct pollfd *p,
		 void (*to)(struct vz_listener *, const char *, size_t))
{
	char data[16384];
	ssize_t len;

	if (!p->revents)
		return true;
	len = read(p->fd, data, sizeof data);
	if (len > 0)
		to(l, data, (size_t)len);
	return len > 0 || (len < 0 && errno == EINTR);
}

static void *listen_all(void *arg)
{
	struct vz_listener *l = arg;
	struct pollfd p[] = { { l->ends[0], POLLIN, 0 }, { l->ends[1], POLLIN, 0 } };

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].fd >= 0 && !take(l, &p[0], take_log))
			p[0].fd = -1;
		if (p[1].fd >= 0 && !take(l, &p[1], take_status))
			p[1].fd = -1;
	}
	return NULL;
}

int vz_listener_start(struct vz_listener *l, struct vz_err *err)
{
	int log[2] = { -1, -1 }, status[2] = { -1, -1 }, rc = pipe2(log, O_CLOEXEC);

	if (rc == 0)
		rc = pipe2(status, O_CLOEXEC);
	l->ends[0] = log[0];
	l->log_fd = log[1];
	l->ends[1] = status[0];
	l->status_fd = status[1];
	l->log_start = l->log->len;
	if (rc < 0)
		return vz_err_sys(err, "make a pipe");
	errno = pthread_create(&l->thread, NULL, listen_all, l);
	if (errno)
		return vz_err_sys(err, "start a thread");
	l->started = true;
	return 0;
}

void vz_listener_stop(struct vz_listener *l)
{
	const int fds[] = { l->log_fd, l->status_fd, l->ends[0], l->ends[1] };

	for (int i = 0; i < 4; i++) {
		if (i == 2 && l->started)
			pthread_join(l->thread, NULL);
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

void vz_listener_last_words(const struct vz_listener *l, char *ret, size_t size)
{
	size_t len = l->log->len - l->log_start, at = 0;
	const char *start = len ? l->log->data + l->log_start : "", *p;

	while (len && start[len - 1] == '\n')
		len--;
	p = start + (len > size - 8 ? len - (size - 8) : 0);
	for (; p < start + len && at + 4 < size; p++)
		if (*p == '\n')
			at += (size_t)snprintf(ret + at, size - at, " | ");
		else
			ret[at++] = *p;
	ret[at] = 0;
}
