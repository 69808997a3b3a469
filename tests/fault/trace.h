/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a command under ptrace and stops it before each of some system calls.
 *
 *     struct trace t = { .calls = nrs, .n_calls = n, .on_call = look, .seconds = 120 };
 *     return trace_run(&t, argv);
 *
 * All processes and threads are followed that run the command's program; other
 * programs that it starts are let be.  Needs root, and x86_64.
 */
#ifndef FAULT_TRACE_H
#define FAULT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/user.h>

struct trace {
	const long *calls;               /* their numbers; of none: all */
	size_t n_calls;
	/* before a call; `r` is what the process `pid` has in its registers */
	void (*on_call)(struct trace *t, pid_t pid, struct user_regs_struct *r);
	unsigned seconds;                /* how long it may take */
	pid_t command;                   /* set by trace_run(): the first process, … */
	bool ended;                      /* … and whether it has */
};

/* Ends as the command did (128 + signal), with 124 if it takes too long, or 125 if something is still running 10
 * seconds after it.  What cannot be started ends the program with 126. */
int trace_run(struct trace *t, char **argv);

#endif
