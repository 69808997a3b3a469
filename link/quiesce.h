/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quiesce: the processes that are in a file system, found and held still.
 *
 * A process is in a file system if its root or working directory is on it,
 * whatever namespaces it made for itself.  All its threads are held through
 * ptrace(2): no signal is sent, no parent hears of it, and what a thread waits
 * for in the kernel it waits for again afterwards.  A thread that is held can
 * be given another working directory; nobody else can do that for it.
 *
 * Till they are let go we are scheduled before others (SCHED_RR), if we may be:
 * how long they are held is not to depend on how busy the host is.
 *
 * Threads that cannot be held (traced by somebody else, or deep in the kernel)
 * run on, and are told with the reason.  If we die, all are let go.
 *
 * All calls for one quiesce have to be made by the thread that began it.
 */
#ifndef LINK_QUIESCE_H
#define LINK_QUIESCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct vz_thread {
	pid_t pid, tid;
	bool seized, held;       /* traced by us; and stopped */
	bool root_in, cwd_in;    /* is its root, its working directory on the file system */
	uint64_t ns;             /* inode number of its mount namespace */
	const char *why;         /* why it could not be held, or be moved; static; NULL: it could */
};

struct vz_quiesce {
	dev_t dev;
	uint64_t since_us;       /* when the first was told to stop; 0: nobody was */
	bool hurried;
	int policy, priority;    /* if so: how we were scheduled before */
	struct vz_thread *threads;
	size_t n, cap;
	pid_t *others;           /* processes that were not in it before anybody was held; sorted */
	size_t n_others, cap_others;
};

/* Finds and holds the threads of all processes, ours excepted, that are in the
 * file system with device number `dev`; -1 only if /proc cannot be read. */
int vz_quiesce_begin(dev_t dev, struct vz_quiesce *ret, struct vz_err *err);
/* Lets all go that are held, and says for how many microseconds the first of them was. */
uint64_t vz_quiesce_end(struct vz_quiesce *q);
#define auto_quiesce __attribute__((cleanup(vz_quiesce_end)))

/* What a process is called, as in /proc/PID/comm; "" if it has ended. Its own choice. */
void vz_command_of(pid_t pid, char ret[16]);

/* Looks again what a thread has on the file system. */
void vz_thread_look(struct vz_thread *t, dev_t dev);
/* Makes a held thread change its working directory to where the path of the one
 * it has leads now, and says in `why` if that did not work. */
void vz_quiesce_move_cwd(struct vz_thread *t);

#endif
