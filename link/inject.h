/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inject: have another thread, stopped under our ptrace, make a system call.
 *
 * The call is made at an instruction of the vDSO, with its argument below the
 * red zone of the thread's own stack (System V ABI), all signals blocked; then
 * registers and signal mask are as they were, so that a call it was waiting in
 * goes on.  No page of the program is written to but that of its stack.
 */
#ifndef LINK_INJECT_H
#define LINK_INJECT_H

#include <sys/types.h>

/* chdir(path), as that thread. NULL, or why not: a static string. */
const char *vz_inject_chdir(pid_t tid, const char *path);

#endif
