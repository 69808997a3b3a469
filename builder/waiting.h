/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting: files put aside until their package's preinst has run.
 *
 * dpkg runs a preinst before it unpacks the package; a preinst can divert
 * (dpkg-divert(1)) another package's file to make room for one of its own.
 * Composing comes first, so where a package's preinst may divert, those of its
 * files wait that another package has too, that the preinst names, which
 * dpkg-divert would move away otherwise, and its file list, without which dpkg
 * takes it for not yet unpacked.
 *
 * They wait in VZ_WAITING_DIR "/NAME:ARCH". The file "list" there has four lines
 * for each: the name it waits under, the path where it belongs, the path the
 * package ships it as, which is the one that diversions name, and the package
 * it waits for. builder/configure_deb_driver.c puts them in place and removes
 * VZ_WAITING_DIR, which is there whenever a preinst may divert.
 */
#ifndef BUILDER_WAITING_H
#define BUILDER_WAITING_H

#include "builder/compose.h"

#define VZ_WAITING_DIR "/var/lib/dpkg/vzpkg-waiting"

struct vz_waiting {
	const struct vz_compose *c;
	struct vz_waiting_list *lists;   /* by package index; NULL until something waits */
};

void vz_waiting_release(struct vz_waiting *w);

/* May this package's preinst divert something? */
bool vz_waiting_may_divert(const struct vz_compose_package *p);
/* A file of package `index`, which belongs at `path`, has to wait for `other`'s:
 * gives the directory and the name it is to have there. */
struct vz_node *vz_waiting_add(struct vz_waiting *w, size_t index, const char *path, const char *other,
			       char ret_name[16], struct vz_err *err);
/* Puts the rest aside that has to wait, and writes the lists. */
int vz_waiting_finish(struct vz_waiting *w, struct vz_err *err);

#endif
