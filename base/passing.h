/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passing signals on: what is sent to us while a program runs in our place, on
 * our terminal, is meant for it.
 *
 *     vz_passing_begin(&p);            all signals are blocked; the child unblocks `before`
 *     start it, poll(2) its pidfd and p.fd with the mask `waiting`
 *     vz_passing_on(&p, pidfd);        when p.fd can be read
 *     vz_passing_end(&p);
 *
 * What the terminal itself sends to its foreground processes (SI_KERNEL) the
 * program gets without us.
 */
#ifndef BASE_PASSING_H
#define BASE_PASSING_H

#include <signal.h>

struct vz_passing {
	int fd;                  /* signalfd(2) of those that are passed on; -1: none can be */
	sigset_t before;         /* mask to be restored */
	sigset_t waiting;        /* mask under which other signals interrupt a wait */
};

/* SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 and SIGWINCH. */
void vz_passing_begin(struct vz_passing *ret);
void vz_passing_on(const struct vz_passing *p, int pidfd);
void vz_passing_end(struct vz_passing *p);

#endif
