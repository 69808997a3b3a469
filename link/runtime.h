/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running environments: started as a container of the host's OCI runtime,
 * joined by commands, limited, stopped.
 *
 * Starting gives the environment an identity (link/identity.h), mounts it in a
 * mount name space that nobody else sees, has the runtime (link/oci.h) make a
 * container of a bundle (link/bundle.h) from it, and records that
 * (link/running.h).  So the mount lives exactly as long as the processes, is
 * found there by whoever else needs it (link/env.h), and what runs is moved to
 * other versions like any command that runs.
 *
 * What is written to its standard output goes through a pipe to a small program
 * that keeps the end of it in envs/<name>/console.log, and not to a file that
 * the tenant would then have hold of.  Standard input is at its end.
 *
 * That an environment is to be running is one of its settings ("started"), set
 * by a start that worked and cleared by a stop, so that all can be started again
 * after a boot.
 */
#ifndef LINK_RUNTIME_H
#define LINK_RUNTIME_H

#include "base/report.h"
#include "link/running.h"
#include "link/settings.h"

struct vz_runtime_start {
	const char *name;
	const struct vz_texts *command;  /* remembered; empty: none from now on; NULL: that of the settings */
	const char *console;             /* the program that keeps what is printed: CONSOLE FILE, a pipe as stdin */
	const struct vz_report *report;  /* limits that this host cannot enforce */
};
struct vz_runtime_started {
	struct vz_running running;
	bool already;                    /* it was running, so nothing was done */
};

/* VZ_NOTFOUND: no such environment, or command in it. VZ_BUSY: it runs already, and a command was given. VZ_FAILED
 * also if all had ended again a moment later. */
int vz_runtime_start(struct vz_store *s, const struct vz_runtime_start *how, struct vz_runtime_started *ret,
		     struct vz_err *err);

struct vz_runtime_stop {
	const char *name;
	unsigned seconds;                /* between SIGTERM to process 1 and SIGKILL to all */
	bool remember;                   /* it is to be started again by `start --all` */
};
/* Returns when nothing of it runs or is mounted. What does not run is stopped at once. */
int vz_runtime_stop(struct vz_store *s, const struct vz_runtime_stop *how, bool *ret_ran, struct vz_err *err);
/* Sends SIGTERM and does not wait, so that many can be stopped in the time of one. */
void vz_runtime_tell(const struct vz_store *s, const char *name);

/* Makes what runs, if it does, obey `settings`. The caller holds the environment's lock. */
int vz_runtime_limit(const struct vz_store *s, const char *name, const struct vz_settings *settings,
		     const struct vz_report *report, struct vz_err *err);
/* Runs a command beside what runs, on our stdin, stdout and stderr; a terminal, where all three are one, is
 * given to it by way of another. */
int vz_runtime_exec(const struct vz_store *s, const char *name, const struct vz_running *running,
		    const char *const *argv, int *ret_status, struct vz_err *err);

/* Path of what was printed, which may not be there; free(). */
char *vz_runtime_console(const struct vz_store *s, const char *name);

#endif
