/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places: nodes of one tree copied to the same paths below a node of another,
 * with the directories that they are in; for recordings.
 *
 * Names of one inode stay names of one inode, as far as they are copied.
 */
#ifndef BUILDER_RECORDING_PLACE_H
#define BUILDER_RECORDING_PLACE_H

#include "base/table.h"
#include "store/tree.h"

struct vz_place {
	struct vz_node *root;            /* stands for the other tree's root directory */
	struct vz_table inodes;          /* "%p" of theirs → ours */
};
void vz_place_release(struct vz_place *p);

/* A directory alone; what is not a directory in its place goes. */
struct vz_node *vz_place_dir(struct vz_place *p, const struct vz_node *n);
/* No directory. One that is there already stays. */
struct vz_node *vz_place_file(struct vz_place *p, const struct vz_node *n);
/* All below the directory `n`, which becomes the root. */
void vz_place_below(struct vz_place *p, const struct vz_node *n);

#endif
