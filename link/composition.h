/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A composition: what an environment shows below its private area, and what
 * was asked for to get it.
 *
 * An OS template, application templates and single packages, resolved
 * together, are one plan, and that built is one image.  Environments that ask
 * for the same share both.  An environment of an OS template alone shows the
 * template's own image.
 */
#ifndef LINK_COMPOSITION_H
#define LINK_COMPOSITION_H

#include "base/texts.h"
#include "store/manifest.h"

struct vz_composition {
	char *template_name;             /* of the OS: "debian-12-x86_64" */
	unsigned template_version;
	struct vz_digest image;          /* images/<image>.erofs */
	struct vz_digest plan;           /* SHA-256 of the plan's text, plans/<plan> (store/plans.h) */
	/* what was asked for besides the OS template: each list sorted */
	struct vz_texts apps;            /* "NAME@VERSION" of application templates */
	struct vz_texts packages;        /* requests as recipes have them: "nginx", "nginx=1.2" */
	struct vz_texts files;           /* digests of the records of single package files */
};

void vz_composition_release(struct vz_composition *c);
#define auto_composition __attribute__((cleanup(vz_composition_release)))
void vz_composition_copy(const struct vz_composition *from, struct vz_composition *ret);
/* Everything equal: what it shows, and what was asked for. */
bool vz_composition_same(const struct vz_composition *a, const struct vz_composition *b);
/* That of an OS template alone; its lock is kept as a plan. */
int vz_composition_of(struct vz_store *s, const struct vz_manifest *m, struct vz_composition *ret, struct vz_err *err);

#endif
