/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/auto.h"

#include <stdlib.h>
#include <time.h>

#include "base/fd.h"
#include "base/proc.h"
#include "builder/auto_run.h"
#include "store/verdict.h"

/* ---- telling ---- */

static void add_code(struct vz_auto_log *log, enum vz_code code)
{
	log->code = log->code && log->code != code ? VZ_FAILED : code;
}

void vz_auto_tell(struct vz_auto_run *r, struct vz_auto_event *e)
{
	const char *state = vz_auto_state_name(e->state), *words = e->words ? e->words : "";
	const bool quiet = e->state == VZ_AUTO_SAME || e->state == VZ_AUTO_LEFT;

	vz_auto_log_add(r->log, e);
	if (!quiet && !r->o->dry_run)
		vz_report_note(r->o->report, "%s '%s': %s%s%s", e->template ? "template" : "environment", e->name, state,
			       *words ? ": " : "", words);
	if (e->state == VZ_AUTO_FAILED || (!r->o->dry_run && (e->state == VZ_AUTO_BACK || e->state == VZ_AUTO_WITHDRAWN)))
		add_code(r->log, VZ_FAILED);
	vz_auto_event_release(e);
}

void vz_auto_fail(struct vz_auto_run *r, bool template, const char *name, const struct vz_err *err)
{
	const unsigned before = r->log->code;
	struct vz_auto_event e = { template, vz_strdup(name), VZ_AUTO_FAILED, 0, 0, vz_strdup(err->msg) };

	vz_auto_tell(r, &e);
	r->log->code = before;
	add_code(r->log, err->code);
}

/* ---- the run ---- */

/* What a verdict asks for, on whichever template or environment. */
static int withdraw(struct vz_auto_run *r, struct vz_err *err)
{
	return vz_auto_withdraw_templates(r, err) < 0 ? -1 : vz_auto_withdraw_envs(r, err);
}

static int move_all(struct vz_auto_run *r, struct vz_err *err)
{
	if (vz_auto_find_groups(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->groups.n; i++) {
		struct vz_auto_group *g = r->groups.items[i].value;

		if (vz_interrupted(err) < 0 || vz_auto_move(r, g, err) < 0)
			return -1;
		if (vz_verdict_is_bad(r->store, &g->to.image) && withdraw(r, err) < 0)
			return -1;
	}
	return 0;
}

/* Templates come before environments are withdrawn: they say whose follow. */
static int run(struct vz_auto_run *r, struct vz_err *err)
{
	if (r->o->dry_run)
		return vz_auto_forecast(r, err);
	if (vz_trial_resume(r->store, r->mover, r->log, err) < 0 || vz_auto_withdraw_templates(r, err) < 0 ||
	    vz_auto_templates(r, err) < 0 || vz_auto_withdraw_envs(r, err) < 0)
		return -1;
	return move_all(r, err);
}

int vz_auto_run(struct vz_store *s, const struct vz_auto_options *o, struct vz_auto_log *ret, struct vz_err *err)
{
	auto_run_log struct vz_auto_log log = {0};
	struct vz_auto_run r = { .store = s, .o = o, .log = &log };
	auto_fd int lock = vz_store_lock(s, "auto", "update", false, err);
	int rc;

	if (lock < 0)
		return err->code == VZ_BUSY ? vz_err_set(err, VZ_BUSY, "another scheduled update is under way") : -1;
	log.started = vz_auto_log_start(s, time(NULL));
	if (!o->dry_run && vz_auto_log_write(s, &log, err) < 0)
		return -1;
	r.mover = vz_mover_new(s, o->report);
	rc = run(&r, err);
	vz_mover_free(r.mover);
	vz_auto_groups_release(&r.groups);
	vz_table_release(&r.apply);
	for (size_t i = 0; i < r.coming.n; i++)
		free(r.coming.items[i].value);
	vz_table_release(&r.coming);
	if (rc < 0)
		return -1;
	log.ended = time(NULL);
	if (!o->dry_run && vz_auto_log_write(s, &log, err) < 0)
		return -1;
	*ret = log;
	log = (struct vz_auto_log){0};
	return 0;
}
