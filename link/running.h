/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of an environment that was started, while it runs.
 *
 *     /run/vzpkg/<store>.<env>/       <store>: device and inode number of the store's directory
 *         running.json                the record
 *         config.json                 the bundle (link/bundle.h)
 *         root/                       where the runtime finds the file system; mounted for nobody else to see
 *         console                     locked as long as what is printed is being written down
 *         state/ log                  the OCI runtime's own
 *
 * All of it is gone after a boot.  The record is a document (store/document.h)
 * of format "vzpkg-running 1": the members of struct vz_running.  It is there
 * before the OCI runtime is first called, then without a process; and has the
 * number of the process before that executes anything of the environment's.  So
 * whatever was killed when: a record of a process that lives is of one that runs,
 * any other is cleared away by the next who changes something.
 *
 * Nothing of it need be undone for the file system's sake: the mount is in the
 * name space of the processes alone and goes away with the last of them.
 *
 * Writing and clearing take the environment's lock, looking does not.
 */
#ifndef LINK_RUNNING_H
#define LINK_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/store.h"

struct vz_running {
	char *runtime;                   /* path of the OCI runtime that it was started with */
	char *boot;                      /* which boot of the host it was in */
	uint64_t pid;                    /* of process 1; 0: not yet */
	uint64_t ticks;                  /* when that began, as proc_pid_stat(5) has it: with `pid`, which process it is */
	int64_t since;                   /* Unix time */
};

void vz_running_release(struct vz_running *r);
#define auto_running __attribute__((cleanup(vz_running_release)))

/* The directory above, and the control group from the root of their tree; freed by the caller. Neither need exist. */
char *vz_running_dir(const struct vz_store *s, const char *env);
char *vz_running_cgroup(const struct vz_store *s, const char *env);

/* Does it run? If so, `ret`, where it is not NULL, is its record. What cannot be read does not. */
bool vz_running_look(const struct vz_store *s, const char *env, struct vz_running *ret);
/* Fills `boot`, `pid` and `ticks` by the number of a process. VZ_FAILED if it has ended. */
int vz_running_identify(struct vz_running *r, pid_t pid, struct vz_err *err);
/* A pidfd of process 1, or -1: it has ended. */
int vz_running_open(const struct vz_running *r);

/* Makes the directory if needed. */
int vz_running_write(const struct vz_store *s, const char *env, const struct vz_running *r, struct vz_err *err);
/* A descriptor for the program that writes down what is printed: the lock is held until all copies are closed. */
int vz_running_lock_console(const struct vz_store *s, const char *env, struct vz_err *err);
/* Waits, shortly, for that to be done once nothing runs any more. */
void vz_running_await_console(const struct vz_store *s, const char *env);
/* Ends what runs, at once, and removes all of the above. Nothing there is success. */
int vz_running_clear(const struct vz_store *s, const char *env, struct vz_err *err);

#endif
