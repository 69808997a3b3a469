/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trials: moves of environments that have to show that they do no harm.
 *
 *     ROOT/trials/<env>               a document (store/document.h) of format "vzpkg-trial 1", from before the
 *                                     environment is moved until it is known how it does
 *
 * An environment is asked its checks before it is moved; one that does not pass
 * them says nothing about what it is moved to, and is moved without judging.
 * Else it is asked again after.  If it fails, the image gets a verdict
 * (store/verdict.h), durable before anything is taken back, and the
 * environment goes back to the generation it had.
 *
 * So whoever finds a trial knows what is left to do (vz_trial_resume()), and
 * whoever finds an environment that shows a condemned image, too
 * (vz_trial_withdraw()): a run that was cut off needs no other journal.
 */
#ifndef BUILDER_TRIAL_H
#define BUILDER_TRIAL_H

#include "base/report.h"
#include "builder/auto_log.h"
#include "builder/move.h"

/* What an environment is asked. */
struct vz_checks {
	struct vz_texts commands;        /* as recipes have them (vz_recipe_command()) */
	unsigned seconds;                /* that each may take */
};
void vz_checks_release(struct vz_checks *c);
#define auto_checks __attribute__((cleanup(vz_checks_release)))

/* Those of the recipes that a composition was made from: its OS template's version, and its applications'. */
int vz_checks_of(struct vz_store *s, const struct vz_composition *c, struct vz_checks *ret, struct vz_err *err);
/* Asks. 1: it passes all; 0: it does not, `ret_check` is which, to be freed, as `ret_words`, which say how. A command that
 * cannot be run fails. */
int vz_checks_ask(struct vz_store *s, const struct vz_checks *c, const char *env, char **ret_check, char **ret_words);

struct vz_trial {
	struct vz_store *store;
	struct vz_mover *mover;
	const char *env;
	const struct vz_composition *to;
	const struct vz_checks *checks;
	const char *reason;              /* of the generation */
};
/* Moves it; what came of that is an event: moved, back, failed. Nothing to move is `same`. -1: interrupted. */
int vz_trial_run(const struct vz_trial *t, struct vz_auto_event *ret, struct vz_err *err);

/* Names of environments whose trial a run that was cut off left open. */
int vz_trial_names(const struct vz_store *s, struct vz_texts *ret, struct vz_err *err);
/* Ends these trials, with an event each. */
int vz_trial_resume(struct vz_store *s, struct vz_mover *mover, struct vz_auto_log *log, struct vz_err *err);
/* Moves an environment that shows a condemned image back to the newest generation it came by that does not. `same` if
 * it shows none. Without a mover it only tells. */
int vz_trial_withdraw(struct vz_store *s, struct vz_mover *mover, const char *env, struct vz_auto_event *ret,
		      struct vz_err *err);

#endif
