/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overlay: what overlayfs does with an upper layer, done to trees.
 *
 * An upper tree carries overlayfs' marks as they are on disk: a whiteout is a
 * character device 0:0, or a file with trusted.overlay.whiteout; a directory is
 * opaque (trusted.overlay.opaque, "y"), or was renamed (trusted.overlay.redirect:
 * "/absolute", or a name in the same directory of the lower layer; if there is no
 * directory, it stands alone, as after a change of the lower layer); a file with
 * trusted.overlay.metacopy has the content of the lower file at its redirect or
 * at its own place.  (Documentation/filesystems/overlayfs.rst)
 */
#ifndef BUILDER_OVERLAY_H
#define BUILDER_OVERLAY_H

#include "store/tree.h"

#define VZ_OVERLAY_MARK "trusted.overlay."

/* What the marks of a node of an upper tree say of it. */
bool vz_overlay_is_whiteout(const struct vz_node *n);
bool vz_overlay_is_opaque(const struct vz_node *n);

/* Changes `lower` into the merged view. No mark passes. What stands in for a
 * lower node keeps its `owner`. Content that comes from nothing, and marks that overlayfs refuses, are VZ_DAMAGED. */
int vz_overlay_apply(struct vz_tree *lower, const struct vz_tree *upper, struct vz_err *err);

#endif
