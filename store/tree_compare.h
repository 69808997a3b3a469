/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is different between two trees, path by path.
 */
#ifndef STORE_TREE_COMPARE_H
#define STORE_TREE_COMPARE_H

#include "store/tree.h"

/* One of the two is NULL: it is on the other side only, and so is all below it, which follows. */
typedef int (*vz_tree_difference)(void *ctx, const struct vz_node *before, const struct vz_node *now);

/* Calls `each` for every path whose nodes are not the same (vz_node_same()), in the order of a walk; times do not count. A
 * non-zero return ends it and is returned. */
int vz_tree_compare(const struct vz_tree *before, const struct vz_tree *now, vz_tree_difference each, void *ctx);

#endif
