/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the verbs share that change what an environment has: create env,
 * install, remove, update, upgrade.
 */
#ifndef VZPKG_CHANGE_H
#define VZPKG_CHANGE_H

#include "builder/composition.h"
#include "builder/move.h"
#include "resolver/plan_change.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"

/* The application `name` as a template of the store, "NAME" or "NAME@VERSION"; a name that the store does not have is
 * looked for on the recipe path, and published. Adds the reference to `ret`. */
int vz_change_app(const struct vz_cli *cli, struct vz_store *store, const char *name, struct vz_texts *ret, struct vz_err *err);
/* Opens a package file into the store, and adds its digest to `ret`. */
int vz_change_file(struct vz_store *store, const char *path, struct vz_texts *ret, struct vz_err *err);
/* Makes a composition; or, if `ret_plan` is not NULL, resolves it only. */
int vz_change_compose(const struct vz_cli *cli, struct vz_store *store, const struct vz_composition_request *r,
		      struct vz_composition *ret, struct vz_plan **ret_plan, struct vz_err *err);

struct vz_change {
	const char *env;
	struct vz_composition_request *request;  /* its `from` and template are filled in here where NULL */
	const char *reason;                      /* "install nginx" */
	struct vz_mover *mover;
};
/* Makes what is asked for, and moves the environment to it. */
int vz_change_env(const struct vz_cli *cli, struct vz_store *store, const struct vz_change *c, struct vz_json_moved *ret,
		  struct vz_err *err);

/* What vz_print_moved() prints, and of a dry run what is different: packages, numbers of files, with --verbose the files. */
int vz_change_tell(const struct vz_cli *cli, const struct vz_store *store, const struct vz_json_moved *m, struct vz_err *err);

/* A line for each change from a plan to `now`: "  + NAME VERSION", "  * NAME OLD -> NEW", "  - NAME VERSION". */
void vz_change_print_packages(const struct vz_plan_changes *changes, const struct vz_plan *now);
/* The plan of what an environment shows. */
struct vz_plan *vz_change_plan_of(const struct vz_store *store, const struct vz_composition *c, struct vz_err *err);

#endif
