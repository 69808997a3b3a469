/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of scheduled updates, for the files that builder/auto.h is made of.
 */
#ifndef BUILDER_AUTO_RUN_H
#define BUILDER_AUTO_RUN_H

#include "base/table.h"
#include "builder/auto.h"
#include "builder/composition.h"
#include "builder/trial.h"

/* Environments that ask for the same. */
struct vz_auto_group {
	struct vz_composition_request request;
	char *template;              /* request.template */
	struct vz_texts envs;
	struct vz_composition to;
	struct vz_checks checks;
};

struct vz_auto_run {
	struct vz_store *store;
	const struct vz_auto_options *o;
	struct vz_mover *mover;
	struct vz_auto_log *log;
	struct vz_table apply;       /* names of templates whose environments follow */
	struct vz_table groups;      /* struct vz_auto_group * by what they ask for */
	struct vz_table coming;      /* of a dry run: "NAME@VERSION" that would be current, by the name of the template */
};

/* Keeps an event, and reports it unless nothing came of it; takes ownership of what is in it. */
void vz_auto_tell(struct vz_auto_run *r, struct vz_auto_event *e);
/* An error as an event, and as the run's code. */
void vz_auto_fail(struct vz_auto_run *r, bool template, const char *name, const struct vz_err *err);

/* Of a dry run: that version would be the current one. */
void vz_auto_foretell(struct vz_auto_run *r, const char *template, unsigned version);

/* auto_templates.c: refreshes and builds each, as far as its recipe says. -1: interrupted. */
int vz_auto_templates(struct vz_auto_run *r, struct vz_err *err);
/* Where the current version of a template shows a condemned image, the newest that does not becomes current. */
int vz_auto_withdraw_templates(struct vz_auto_run *r, struct vz_err *err);

/* auto_envs.c: groups the environments that follow. */
int vz_auto_find_groups(struct vz_auto_run *r, struct vz_err *err);
void vz_auto_groups_release(struct vz_table *groups);
/* Those that follow and show a condemned image go back. */
int vz_auto_withdraw_envs(struct vz_auto_run *r, struct vz_err *err);
/* 1: it follows, and is `ret`; 0: it does not. */
int vz_auto_follows(const struct vz_auto_run *r, const char *env, struct vz_env *ret, struct vz_err *err);

/* auto_move.c: moves a group, canaries first. */
int vz_auto_move(struct vz_auto_run *r, struct vz_auto_group *g, struct vz_err *err);
/* Puts its environments in the order in which they go; the number of canaries. */
size_t vz_auto_canaries(struct vz_auto_run *r, struct vz_auto_group *g);
/* Tells that none of them is moved, as what they would get is condemned. */
int vz_auto_hold(struct vz_auto_run *r, const struct vz_auto_group *g);

/* auto_forecast.c: of a dry run, the whole. */
int vz_auto_forecast(struct vz_auto_run *r, struct vz_err *err);

#endif
