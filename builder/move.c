/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/move.h"

#include <string.h>
#include <sys/wait.h>

#include "builder/inside.h"
#include "builder/merge.h"
#include "builder/trees.h"
#include "resolver/plan.h"
#include "store/plans.h"

#define AGAIN_SECONDS 300

struct vz_mover {
	struct vz_store *store;
	const struct vz_report *report;
	struct vz_trees trees;
	struct vz_digest plan;           /* whose family is known */
	char *family;
	struct vz_ids ids;               /* that the last move lacked */
};

/* One move. */
struct planning {
	struct vz_mover *mv;
	struct vz_merge_again again;
};

struct vz_mover *vz_mover_new(struct vz_store *s, const struct vz_report *report)
{
	struct vz_mover *mv = vz_new(struct vz_mover);

	mv->store = s;
	mv->trees.store = s;
	mv->report = report;
	return mv;
}

void vz_mover_free(struct vz_mover *mv)
{
	if (!mv)
		return;
	vz_trees_release(&mv->trees);
	free(mv->family);
	vz_ids_release(&mv->ids);
	free(mv);
}

const struct vz_ids *vz_mover_ids(const struct vz_mover *mv)
{
	return &mv->ids;
}

static const char *family_of(struct vz_mover *mv, const struct vz_digest *sum, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_plan struct vz_plan *plan = NULL;

	if (mv->family && vz_digest_cmp(&mv->plan, sum) == 0)
		return mv->family;
	if (vz_plans_get(mv->store, sum, &text, err) < 0 || !(plan = vz_plan_read(text.data, text.len, "plan", err)))
		return NULL;
	free(mv->family);
	mv->family = vz_strdup(plan->family);
	mv->plan = *sum;
	return mv->family;
}

static int plan(void *ctx, int upper_fd, const struct vz_env *from, const struct vz_env *to, struct vz_upper_plan *ret,
		struct vz_err *err)
{
	static const struct vz_digest none;
	struct planning *p = ctx;
	struct vz_merge m = { .store = p->mv->store, .upper_fd = upper_fd };

	p->again = (struct vz_merge_again){0};
	vz_ids_release(&p->mv->ids);
	if (vz_digest_cmp(&from->shows.image, &to->shows.image) == 0)
		return 0;
	m.family = family_of(p->mv, &to->shows.plan, err);
	m.from = m.family ? vz_trees_get(&p->mv->trees, &from->shows.image, err) : NULL;
	m.to = m.from ? vz_trees_get(&p->mv->trees, &to->shows.image, err) : NULL;
	if (!m.to)
		return -1;
	if (vz_digest_cmp(&from->layer, &none) != 0 && !(m.layer = vz_trees_get(&p->mv->trees, &from->layer, err)))
		return -1;
	return vz_merge_plan(&m, ret, &p->again, &p->mv->ids, err);
}

static void make_again(struct vz_mover *mv, const char *env, const struct vz_merge_again *again)
{
	for (size_t i = 0; i < again->n; i++) {
		const struct vz_inside in = { env, again->argv[i], AGAIN_SECONDS };
		auto_buf struct vz_buf said = {0};
		struct vz_err err = {0};
		int status = 0;

		if (vz_inside_run(mv->store, &in, &status, &said, &err) < 0)
			vz_report_note(mv->report, "%s: generated files were not made anew: %s", env, err.msg);
		else if (status)
			vz_report_note(mv->report, "%s: '%s', which makes generated files anew, failed with status %d", env, in.argv[0],
				       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
}

int vz_mover_move(struct vz_mover *mv, const struct vz_env_move *m, struct vz_env_moved *ret, struct vz_err *err)
{
	struct planning p = { .mv = mv };
	struct vz_env_move move = *m;

	vz_ids_release(&mv->ids);
	move.plan = plan;
	move.plan_ctx = &p;
	if (vz_env_move(mv->store, &move, ret, err) < 0)
		return -1;
	if (!m->dry_run && ret->before.generation != ret->after.generation)
		make_again(mv, m->name, &p.again);
	return 0;
}
