/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: what every verb shares.
 *
 * main.c parses the global options, finds the verb and calls it; a verb lives
 * in cmd_VERB.c, parses its own options with vz_cli_parse(), does its work
 * through the rooms below, and prints its result on stdout through this room
 * only.  An error goes back to main.c, which prints it and exits with its code.
 */
#ifndef VZPKG_CLI_H
#define VZPKG_CLI_H

#include <stdbool.h>

#include "base/err.h"
#include "base/report.h"
#include "base/texts.h"
#include "resolver/network.h"
#include "resolver/recipe.h"
#include "store/manifest.h"
#include "store/store.h"

struct vz_cli {
	const char *root;
	const char **recipe_dirs;        /* NULL-terminated: --recipes, then the standard ones */
	const char **mirror_dirs;        /* NULL-terminated, or NULL: DIR/mirrors of each --recipes */
	size_t n_dirs, cap_dirs, n_mirror_dirs, cap_mirror_dirs;
	bool json, quiet, verbose, dry_run, yes, no_progress, offline, help;
	struct vz_report report;
	struct vz_network network;       /* vzpkg.conf */
	/* positional arguments after vz_cli_parse(), NULL-terminated */
	char **args;
	int n_args;
};

/* One option of a verb. Exactly one of `flag`, `value` and `list` is set; what has a list may be repeated. */
struct vz_option {
	const char *name;
	char letter;                     /* 0: none */
	bool *flag;
	const char **value;
	struct vz_texts *list;
};

struct vz_command {
	const char *verb, *object;       /* object NULL: the verb alone */
	const char *usage;               /* arguments and options, one line */
	const char *help;                /* what it does, a line or two */
	int (*run)(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
};
extern const struct vz_command vz_commands[];    /* ends with verb NULL */

/* Parses a verb's own options and the global ones, which may stand anywhere
 * before "--". At least `min`, at most `max` (-1: any) arguments must be left,
 * in cli->args. `options` ends with name NULL; NULL: none. VZ_USAGE. */
int vz_cli_parse(struct vz_cli *cli, int argc, char **argv, const struct vz_option *options, int min, int max,
		 struct vz_err *err);

/* Reads a recipe, and says what of an EZ template it leaves out. */
struct vz_recipe *vz_cli_recipe(const struct vz_cli *cli, const char *path, struct vz_err *err);
/* The recipe a template was made from: the file it names, which its owner may have changed since. */
struct vz_recipe *vz_cli_recipe_of(const struct vz_cli *cli, const struct vz_manifest *m, struct vz_err *err);
struct vz_store *vz_cli_store(const struct vz_cli *cli, enum vz_store_mode mode, struct vz_err *err);

int vz_cmd_clean(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_df(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_verify(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);/* The program that keeps what environments print; to be freed. */
char *vz_cli_console(void);

int vz_cmd_create_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_create_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_update_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_rollback_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_install(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_remove_added(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_upgrade(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_update_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_rollback_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_fetch(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_auto_update(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_history(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_status(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_remove_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_remove_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_list(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_info(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_diff(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_dump(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_image(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_mount(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_umount(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_export(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_start(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_stop(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_clone(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_capture(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_backup(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_restore(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_migrate(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_link(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_push(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_pull(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_import(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_set(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);
int vz_cmd_exec(struct vz_cli *cli, int argc, char **argv, struct vz_err *err);

#endif
