/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A listener: what comes out of scripts while they run, on a thread of its own.
 *
 * Two pipes: what they print, added to a log up to a limit, and lines of our
 * own that say how far they are.
 */
#ifndef BUILDER_LISTEN_H
#define BUILDER_LISTEN_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define VZ_LISTEN_LINE 4096

struct vz_listener {
	/* in */
	struct vz_buf *log;
	void (*on_line)(void *ctx, char *line);  /* from the thread; too long lines are cut */
	void *ctx;
	/* out: for those who print and tell. Nobody else may have a copy once they are done */
	int log_fd, status_fd;
	/* its own */
	int ends[2];
	bool started;
	pthread_t thread;
	size_t log_start, logged;
	char line[VZ_LISTEN_LINE];
	size_t line_len;
};

int vz_listener_start(struct vz_listener *l, struct vz_err *err);
/* Waits for the last of the output; also after a failed start. */
void vz_listener_stop(struct vz_listener *l);
/* The end of what was logged since the start, as one line; "" for nothing. */
void vz_listener_last_words(const struct vz_listener *l, char *ret, size_t size);

#endif
