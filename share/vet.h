/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vetting: has a tree that somebody sent what a tree of ours may have?
 *
 * No attributes of overlayfs, which could point at another's contents; no
 * whiteouts but where they mean something; each content in the store, under the
 * digest that the tree says, and nowhere else.
 */
#ifndef SHARE_VET_H
#define SHARE_VET_H

#include "store/store.h"
#include "store/tree.h"

enum vz_vet {
	VZ_VET_WHOLE,                    /* all that there is */
	VZ_VET_PRIVATE,                  /* a difference: whiteouts take away */
};

/* VZ_UNTRUSTED names the first that has not. `s` NULL: whether contents are there is not asked. */
int vz_vet_tree(const struct vz_store *s, const struct vz_tree *t, enum vz_vet how, struct vz_err *err);

#endif
