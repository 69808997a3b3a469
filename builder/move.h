/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving environments from what they show to something else, and back, with
 * what has to be merged on the way: link/env.h carries out, builder/merge.h
 * plans.
 *
 * A mover remembers what it read of compositions, so that a thousand moves
 * between the same two read them once.
 */
#ifndef BUILDER_MOVE_H
#define BUILDER_MOVE_H

#include "base/id.h"
#include "base/report.h"
#include "link/env.h"

struct vz_mover;
struct vz_mover *vz_mover_new(struct vz_store *s, const struct vz_report *report);
void vz_mover_free(struct vz_mover *mv);
VZ_AUTO(struct vz_mover, vz_mover_free)
#define auto_mover VZ_CLEANUP(vz_mover_free)

/* As vz_env_move(), with a planner. Then runs what makes generated files anew; one that fails is told, and undoes
 * nothing. VZ_EXISTS: users or groups of the composition have ids that are taken in the environment. */
int vz_mover_move(struct vz_mover *mv, const struct vz_env_move *m, struct vz_env_moved *ret, struct vz_err *err);
/* After VZ_EXISTS: what the composition has to be built with (builder/composition.h); empty where that does not help. */
const struct vz_ids *vz_mover_ids(const struct vz_mover *mv);

#endif
