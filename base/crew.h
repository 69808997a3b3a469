/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A crew: one call, in several processes at once.
 *
 *     struct vz_crew_member all[4] = {0};
 *     vz_crew_run(work, arg, all, 4);        work(arg, NUMBER, ret, err) in each, NUMBER from 0
 *     for (size_t i = 0; i < 4; i++) use(&all[i]), vz_buf_release(&all[i].gave);
 *
 * For work that threads cannot share: each process has the caller's memory as it
 * was, and what it does to it stays there (vz_proc_call()). Which part of the
 * work is whose follows from its number.
 */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct vz_crew_member {
	struct vz_buf gave;      /* what it added to `ret`, if it did not fail */
	struct vz_err err;
	int rc;                  /* what it returned */
};

typedef int (*vz_crew_fn)(void *arg, size_t number, struct vz_buf *ret, struct vz_err *err);
/* Waits for all. */
void vz_crew_run(vz_crew_fn fn, void *arg, struct vz_crew_member *members, size_t n);

#endif
