/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Differences: what has to be put over one tree to get another, as a tree.
 *
 * It holds what is new or other, with the directories above it, and a whiteout
 * (character device 0:0) for what is gone.  Where the names of an inode are not
 * the same ones as before, all of them are there.
 */
#ifndef SHARE_DIFFERENCE_H
#define SHARE_DIFFERENCE_H

#include "store/tree.h"

/* NULL if there is none. Puts the links of both in order; uses the `owner` of `to`'s nodes. */
struct vz_tree *vz_difference(struct vz_tree *from, struct vz_tree *to);

#endif
