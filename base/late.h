/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Libraries that are opened when they are first needed.
 *
 * What the linker binds is loaded whenever the command starts, with all that it
 * needs in turn.  A library that only some commands use, and that brings many
 * others, is opened by name instead, by the one file that knows it:
 *
 *     #define CALLS(X) X(curl_easy_init) X(curl_easy_perform)
 *     static struct { CALLS(VZ_LATE_MEMBER) } late;
 *     static const char *const names[] = { CALLS(VZ_LATE_NAME) NULL };
 *     static struct vz_late curl = VZ_LATE(CURL_SONAME, names, &late, NULL);
 *
 *     if (vz_late_open(&curl, err) < 0) …
 *     late.curl_easy_init();
 *
 * It stays open.  configure finds its name, which is that of the ABI that its header describes.
 */
#ifndef BASE_LATE_H
#define BASE_LATE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

#define VZ_LATE_MEMBER(call) __typeof__(call) *call;
#define VZ_LATE_NAME(call) #call,
#define VZ_LATE(library, names, calls, opened) { library, names, calls, opened, PTHREAD_MUTEX_INITIALIZER, false }

struct vz_late {
	const char *library;
	const char *const *names;        /* of functions, up to NULL */
	void *calls;                     /* as many pointers to functions, and nothing else */
	void (*opened)(void);            /* called once, when it has been; or NULL */
	pthread_mutex_t lock;
	bool is_open;
};

/* Fills `calls`, unless it has done so before. VZ_FAILED. */
int vz_late_open(struct vz_late *l, struct vz_err *err);

#endif
