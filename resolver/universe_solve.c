/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The solver over a universe, and its reasons. */
#include <solv/solver.h>
#include <string.h>

#include "resolver/universe_pool.h"

void vz_solution_release(struct vz_solution *s)
{
	vz_ints_release(&s->packages);
	free(s->reasons);
	memset(s, 0, sizeof *s);
}

static void add_reason(struct vz_solution *s, enum vz_why why, int package, int other, int dep)
{
	vz_grow(s->reasons, s->n_reasons, s->cap_reasons);
	s->reasons[s->n_reasons++] = (struct vz_reason){ why, package, other, dep, 0 };
}

/* Which of the jobs is it that a rule stands for: each is two elements of the solver's queue. */
static void add_asked(Solver *solver, Id rule, struct vz_solution *ret)
{
	Id what, how = solver_rule2job(solver, rule, &what);

	add_reason(ret, VZ_WHY_ASKED, 0, 0, 0);
	for (int i = 0; i < solver->job.count; i += 2)
		if (solver->job.elements[i] == how && solver->job.elements[i + 1] == what) {
			ret->reasons[ret->n_reasons - 1].job = (size_t)(i - solver->pooljobcnt) / 2;
			return;
		}
}

static void explain_rule(Solver *solver, Id rule, struct vz_solution *ret)
{
	Id from, to, dep;

	switch ((int)solver_ruleinfo(solver, rule, &from, &to, &dep)) {
	case SOLVER_RULE_JOB:
		add_asked(solver, rule, ret);
		break;
	case SOLVER_RULE_PKG_REQUIRES:
		add_reason(ret, VZ_WHY_NEEDS, from, 0, dep);
		break;
	case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
		add_reason(ret, VZ_WHY_NEEDS_NONE, from, 0, dep);
		break;
	case SOLVER_RULE_PKG_CONFLICTS:
	case SOLVER_RULE_PKG_SELF_CONFLICT:
		add_reason(ret, VZ_WHY_CONFLICTS, from, to, dep);
		break;
	case SOLVER_RULE_PKG_OBSOLETES:
	case SOLVER_RULE_YUMOBS:
		add_reason(ret, VZ_WHY_OBSOLETES, from, to, dep);
		break;
	case SOLVER_RULE_PKG_SAME_NAME:
	case SOLVER_RULE_PKG_IMPLICIT_OBSOLETES:
		add_reason(ret, VZ_WHY_SAME_NAME, from, to, 0);
		break;
	case SOLVER_RULE_PKG_NOT_INSTALLABLE:
		add_reason(ret, VZ_WHY_NO, from, 0, 0);
		break;
	default:
		break;
	}
}

static void explain(Solver *solver, struct vz_solution *ret)
{
	Id problem = solver_next_problem(solver, 0);
	Queue rules;

	queue_init(&rules);
	solver_findallproblemrules(solver, problem, &rules);
	for (int i = 0; i < rules.count; i++)
		explain_rule(solver, rules.elements[i], ret);
	queue_free(&rules);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void collect(const struct vz_universe *u, Solver *solver, struct vz_solution *ret)
{
	Queue decisions;

	queue_init(&decisions);
	solver_get_decisionqueue(solver, &decisions);
	for (int i = 0; i < decisions.count; i++)
		if (decisions.elements[i] > SYSTEMSOLVABLE && vz_universe_is_usable(u, decisions.elements[i]))
			vz_ints_add(&ret->packages, decisions.elements[i]);
	queue_free(&decisions);
	if (ret->packages.n)
		qsort(ret->packages.v, ret->packages.n, sizeof *ret->packages.v, by_number);
}

int vz_universe_set(struct vz_universe *u, const struct vz_ints *packages)
{
	Queue q;
	Id set;

	queue_init(&q);
	for (size_t i = 0; i < packages->n; i++)
		queue_push(&q, packages->v[i]);
	set = pool_queuetowhatprovides(u->pool, &q);
	queue_free(&q);
	return set;
}

void vz_universe_solve(struct vz_universe *u, const struct vz_job *jobs, size_t n, unsigned flags, struct vz_solution *ret)
{
	const Id commands[] = { SOLVER_INSTALL | SOLVER_SOLVABLE_ONE_OF | u->family->job_flags,
				SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES, SOLVER_INSTALL | SOLVER_WEAK | SOLVER_SOLVABLE,
				SOLVER_FAVOR | SOLVER_SOLVABLE };
	Solver *solver = solver_create(u->pool);
	Queue queue;

	memset(ret, 0, sizeof *ret);
	queue_init(&queue);
	for (size_t i = 0; i < n; i++)
		queue_push2(&queue, commands[jobs[i].kind], jobs[i].what);
	for (const int *flag = u->family->solver_flags; *flag; flag++)
		solver_set_flag(solver, *flag, 1);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !(flags & VZ_SOLVE_RECOMMENDS));
	ret->solved = solver_solve(solver, &queue) == 0;
	if (ret->solved)
		collect(u, solver, ret);
	else
		explain(solver, ret);
	queue_free(&queue);
	solver_free(solver);
}
