/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Undo: the changes that take earlier moves back, as a plan, for the files that
 * link/env.h is made of.
 *
 * A file comes back as it was, the very inode, if it is still what the move
 * made of it, and the same holds for each later move that changed it.  The
 * others are named, for somebody to merge.
 */
#ifndef LINK_ENV_UNDO_H
#define LINK_ENV_UNDO_H

#include "base/texts.h"
#include "link/journal.h"

/* Adds to `j` the changes that take back the moves to the generations `left`,
 * the newest first; to `ret_changed` the paths that somebody has changed since.
 * `env`: the environment's directory. VZ_DAMAGED if an undo record is. */
int vz_env_undo(int env, int upper, const unsigned *left, size_t n_left, struct vz_journal *j,
		struct vz_texts *ret_changed, struct vz_err *err);

#endif
