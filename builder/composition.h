/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making compositions: what an environment is asked to have, resolved together
 * and built once.
 *
 * The OS template, the applications' recipes and single packages are joined
 * (resolver/join.h) and resolved with what is there already
 * (resolver/present.h).  If the OS template's packages can stay as they are,
 * its image is the parent, and only what is added is configured; if not, the
 * whole is built from the joint plan.  Stages are shared with all other
 * builds (builder/stage.h).  What a request came to is kept below
 * compositions/ (store/outcome.h), under a key of everything the request
 * depends on but the repositories' state: so equal requests share one result,
 * until somebody asks for a fresh one.
 *
 * An application is a template of kind "app": its recipe, published as
 * versions like any other, but with no packages of its own.
 */
#ifndef BUILDER_COMPOSITION_H
#define BUILDER_COMPOSITION_H

#include "builder/build.h"
#include "link/composition.h"

struct vz_composition_request {
	const char *template;                    /* of kind os: "NAME", or "NAME@VERSION" */
	struct vz_texts apps;                    /* "NAME", or "NAME@VERSION", of templates of kind app */
	struct vz_texts packages, files;         /* as in struct vz_composition */
	const struct vz_composition *from;       /* what the environment shows now: what it added stays in the version that
	                                            it has, as long as it fits. NULL: everything is chosen anew */
	const struct vz_ids *ids;                /* what users and groups have to be, since others have their ids in the
	                                            environment (builder/merge.h); or NULL */
	bool fresh;                              /* against the repositories as they are now, known or not */
	bool security;                           /* `from`, fresh, with what security asks for (resolver/present.h) and nothing
	                                            else; the OS's packages may be newer than its template's then */
};

void vz_composition_request_release(struct vz_composition_request *r);
/* What an environment has, as a request that can be added to. Of its template and applications the same versions. */
void vz_composition_request_of(const struct vz_composition *c, struct vz_composition_request *ret);

/* With o->dry_run nothing is built, and the image is zero where none is known. `ret_plan`, if not NULL: the whole plan.
 * VZ_NOTFOUND: no such template or application; VZ_UNRESOLVED says why. */
int vz_composition_make(struct vz_store *s, const struct vz_composition_request *r, const struct vz_build_options *o,
			struct vz_composition *ret, struct vz_plan **ret_plan, struct vz_err *err);

/* Where nothing but the dates of repositories is another than in what an environment shows, `c` gets the plan of that: it
 * is then the same, and there is nothing to move. Both are made. */
int vz_composition_settle(const struct vz_store *s, const struct vz_composition *shown, struct vz_composition *c, struct vz_err *err);

/* Where the packages of a composition are from: the recipes of its template and applications, joined. */
struct vz_recipe *vz_composition_recipe(struct vz_store *s, const struct vz_composition *c, struct vz_err *err);
/* Builds one again from its plan, which must be more than its template; its image has to come out the same. */
int vz_composition_again(struct vz_store *s, const struct vz_composition *c, const struct vz_build_options *o,
			 struct vz_digest *ret_image, struct vz_err *err);

#endif
