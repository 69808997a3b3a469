/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A work pool: N threads that run jobs in the order they were added.
 *
 * The first job that fails stops the pool: jobs not yet begun are dropped and
 * vz_pool_finish() returns its error. A job reports failure by filling its
 * `err` and returning -1. Jobs may be added while others run, also by jobs.
 * No signal is delivered to these threads.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

struct vz_pool;
typedef int (*vz_pool_job)(void *arg, struct vz_err *err);

struct vz_pool *vz_pool_new(unsigned threads);    /* 0: one a processor, at least 2, at most 8 */
void vz_pool_add(struct vz_pool *p, vz_pool_job job, void *arg);
/* Has a job failed already? For a producer that wants to stop early. */
int vz_pool_failed(struct vz_pool *p);
/* Waits for all jobs and ends the threads. -1 and the first error, or 0. */
int vz_pool_finish(struct vz_pool *p, struct vz_err *err);
/* Drops waiting jobs, waits for running ones. Takes NULL, and a finished pool. */
void vz_pool_free(struct vz_pool *p);

#endif
