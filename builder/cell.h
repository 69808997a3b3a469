/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cell: where somebody else's library reads bytes that may be hostile.
 *
 *     vz_cell_call(fn, arg, &result, &err);
 *
 * It is a process of its own (base/proc.h) that has nobody's rights, an empty
 * file system in memory as its root directory, which it may fill, no children
 * and a limit of time.  What comes back from it is as hostile as what went in.
 * Needs root.
 */
#ifndef BUILDER_CELL_H
#define BUILDER_CELL_H

#include "base/proc.h"

int vz_cell_call(vz_proc_fn fn, void *arg, struct vz_buf *ret, struct vz_err *err);

#endif
