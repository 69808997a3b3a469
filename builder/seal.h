/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealing: an environment's private files become objects and an image, its
 * layer (link/mount.h), so that others can show the same files as well.
 *
 * Sealed is what an image can say: files, links, nodes, and the directories
 * that they are in.  An image cannot take away, so whiteouts stay in the private
 * area, and whole directories that hide what is below them or were renamed; so
 * do files whose content is that of the composition, files with names in both
 * places, and what an earlier move has changed, which rolling back gives back.
 * Contents are copied, never linked: a tenant may still have the file open.
 *
 * What the composition shows just the same is not in the layer: it only goes.
 * What an earlier layer had and the private area replaces is replaced in the new
 * one.
 */
#ifndef BUILDER_SEAL_H
#define BUILDER_SEAL_H

#include "link/env.h"

struct vz_seal {
	struct vz_store *store;          /* open for change */
	const char *name;
	/* result */
	uint64_t files, bytes;           /* that were sealed */
	uint64_t new_bytes;              /* of contents that the store did not have */
};

/* VZ_BUSY while the environment is in use. Nothing to seal is success. */
int vz_seal(struct vz_seal *what, struct vz_err *err);

#endif
