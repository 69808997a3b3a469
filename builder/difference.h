/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is different between two versions of templates: packages, files, bytes.
 */
#ifndef BUILDER_DIFFERENCE_H
#define BUILDER_DIFFERENCE_H

#include "resolver/plan_change.h"
#include "store/tree.h"

struct vz_difference_file {
	char kind;                       /* '+', '-', '*': is there now, is gone, is another */
	char *path;
};

struct vz_difference {
	struct vz_plan_changes packages;
	struct vz_difference_file *files;        /* in the order of a walk */
	size_t n_files, cap_files;
	size_t added, removed, changed;          /* of them */
	uint64_t bytes_before, bytes_now;        /* of all files, each inode once */
	uint64_t bytes_new;                      /* of contents that no file had before */
};
void vz_difference_release(struct vz_difference *d);
#define auto_difference __attribute__((cleanup(vz_difference_release)))

struct vz_difference_side {
	const struct vz_plan *plan;
	const struct vz_tree *tree;
};
/* The plans must outlive the result. */
void vz_difference_of(const struct vz_difference_side *before, const struct vz_difference_side *now, struct vz_difference *ret);

#endif
