/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Helper programs: started without a shell, with an exact environment, no
 * inherited descriptors, an optional time limit, and their output collected;
 * or in our place, or left to themselves.  Unless they are left to themselves
 * they do not outlive us.
 * Also the flag that SIGINT and SIGTERM set.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct vz_proc {
	const char *const *argv;     /* NULL-terminated; argv[0] is searched in PATH */
	const char *const *envp;     /* NULL: LC_ALL=C and PATH only */
	int stdin_fd;                /* -1: /dev/null. Not closed here */
	unsigned timeout_ms;         /* 0: none */
	size_t output_limit;         /* bytes kept of each stream; 0: 1 MiB */
	struct { int fd, as; } pass[4];  /* more descriptors for the child, as = 0 ends the list */
};

/* Runs to the end. `ret_status` is a wait status. Output goes to `ret_out` and
 * `ret_err`; the two may be the same buffer; NULL discards. A timeout kills the
 * child and is an error. A program that cannot be started is VZ_FAILED. */
int vz_proc_run(const struct vz_proc *p, int *ret_status, struct vz_buf *ret_out, struct vz_buf *ret_err,
		struct vz_err *err);

/* Runs on our own stdin, stdout and stderr, with signals passed on to it (base/passing.h); of `p`, only `argv` and
 * `envp` count. It is told to end (SIGTERM) if we are killed. */
int vz_proc_foreground(const struct vz_proc *p, int *ret_status, struct vz_err *err);
/* Starts it and does not wait: in a session of its own, with nothing but `stdin_fd` and what `pass` says. What
 * it ends with nobody hears. */
int vz_proc_detach(const struct vz_proc *p, struct vz_err *err);

/* Calls `fn(arg, ret, err)` in a child process, which has one thread: what it
 * does to the state of a library, to its root directory or to memory stays
 * there. What it adds to `ret` and its error come back. An interruption is
 * passed on, and the call's end awaited. */
typedef int (*vz_proc_fn)(void *arg, struct vz_buf *ret, struct vz_err *err);
int vz_proc_call(vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err);
/* The same; the child is killed when the time has passed, and the error says so. 0: no limit. */
int vz_proc_call_within(unsigned seconds, vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err);

/* After vz_interrupt_catch(), SIGINT and SIGTERM set a flag and interrupt
 * blocking calls; a second signal ends the process. Long loops ask
 * vz_interrupted(err), which fails with VZ_FAILED "interrupted". */
void vz_interrupt_catch(void);
int vz_interrupted(struct vz_err *err);
int vz_interrupt_signal(void);    /* 0, or the signal that came */

#endif
