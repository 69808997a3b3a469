/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/solve.h"

#include <string.h>

struct solve {
	struct vz_universe *u;
	const struct vz_policy *policy;
	const struct vz_recipe *recipe;
	struct vz_find find;             /* with what is asked for: the recipe's requests, then the base */
	struct vz_wanted wanted;
	struct vz_ints base, chosen;     /* base alone; all */
	bool os, solved;                 /* an OS template; there is a solution */
};

static void solve_release(struct solve *s)
{
	vz_asked_release(&s->find.asked);
	vz_ints_release(&s->wanted.base);
	vz_ints_release(&s->wanted.requests);
	vz_ints_release(&s->base);
	vz_ints_release(&s->chosen);
}

/* The base first; a request for another version of one of its packages replaces that. */
static void add_base(struct solve *s)
{
	auto_ints struct vz_ints base = {0};

	s->policy->base(s->u, &base);
	for (size_t i = 0; i < base.n; i++) {
		const char *name = vz_universe_name(s->u, base.v[i]);
		int package = base.v[i];
		struct vz_asked *asked;

		for (size_t k = 0; k < s->wanted.requests.n; k++)
			if (strcmp(vz_universe_name(s->u, s->wanted.requests.v[k]), name) == 0)
				package = s->wanted.requests.v[k];
		vz_ints_add(&s->wanted.base, package);
		if (vz_ints_has(&s->wanted.requests, package))
			continue;
		asked = vz_asked_add(&s->find.asked, name, name);
		asked->group = vz_strdup("");
		vz_universe_named(s->u, name, &asked->packages);
	}
}

static int read_requests(struct solve *s, struct vz_err *err)
{
	for (size_t i = 0; i < s->recipe->n_packages; i++) {
		const struct vz_recipe_packages *p = &s->recipe->packages[i];

		if (p->template_glob)
			continue;
		if (p->recommends == 1)
			s->wanted.recommends = true;
		for (size_t k = 0; k < p->n_install; k++) {
			auto_request struct vz_request q = {0};

			if (!vz_request_parse(p->install[k], &q))
				return vz_err_set(err, VZ_USAGE, "'%s' is not a package's name and version", p->install[k]);
			if (s->policy->find(&s->find, &q, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < s->find.asked.n; i++) {
		const struct vz_asked *asked = &s->find.asked.v[i];

		if (asked->best)
			vz_ints_add(&s->wanted.requests, asked->best);
		for (size_t k = 0; k < asked->packages.n && !asked->best; k++)
			vz_ints_add(&s->wanted.requests, asked->packages.v[k]);
	}
	if (s->policy->base && s->os)
		add_base(s);
	return 0;
}

static bool same_set(const struct vz_ints *a, const struct vz_ints *b)
{
	return a->n == b->n && (!a->n || memcmp(a->v, b->v, a->n * sizeof *a->v) == 0);
}

/* Solves for what is asked, with `kind` for each package of the proposal. */
static void solve_with(struct solve *s, const struct vz_ints *proposal, enum vz_job_kind kind, struct vz_solution *ret)
{
	const struct vz_asked_list *asked = &s->find.asked;
	auto_free struct vz_job *jobs = vz_realloc(NULL, asked->n + proposal->n + 1, sizeof *jobs);
	size_t n = 0;

	for (size_t i = 0; i < asked->n; i++)
		jobs[n++] = asked->v[i].dep ? (struct vz_job){ VZ_JOB_MEET, asked->v[i].dep } :
			    (struct vz_job){ VZ_JOB_INSTALL, vz_universe_set(s->u, &asked->v[i].packages) };
	for (size_t i = 0; i < proposal->n; i++)
		jobs[n++] = (struct vz_job){ kind, proposal->v[i] };
	vz_universe_solve(s->u, jobs, n, s->wanted.recommends && kind == VZ_JOB_FAVOR ? VZ_SOLVE_RECOMMENDS : 0, ret);
}

static int take(struct solve *s, struct vz_solution *found, struct vz_err *err)
{
	if (!found->solved)
		return vz_explain(s->u, s->recipe, &s->find.asked, found, err);
	s->chosen = found->packages;
	s->solved = true;
	memset(&found->packages, 0, sizeof found->packages);
	return 0;
}

static int choose(struct solve *s, struct vz_err *err)
{
	struct vz_wanted alone = { .base = s->wanted.base };
	auto_ints struct vz_ints proposal = {0};
	auto_solution struct vz_solution wish = {0}, favor = {0};

	if (s->policy->choose) {
		s->policy->choose(s->u, &alone, &s->base);
		s->policy->choose(s->u, &s->wanted, &proposal);
		solve_with(s, &proposal, VZ_JOB_WISH, &wish);
		if (!wish.solved || same_set(&wish.packages, &proposal))
			return take(s, &wish, err);
	}
	solve_with(s, &proposal, VZ_JOB_FAVOR, &favor);
	return take(s, &favor, err);
}

/* The package of the solution that meets a dependency; of several the first by name, if `any`. 0: it is met already. */
static int way_to_meet(struct solve *s, int dep, const struct vz_ints *there, bool any)
{
	auto_ints struct vz_ints providers = {0};
	int best = 0;

	vz_universe_providers(s->u, dep, &providers);
	for (size_t i = 0; i < providers.n; i++) {
		int p = providers.v[i];

		if (vz_ints_has(there, p) || (best && !any && vz_ints_has(&s->chosen, p)))
			return 0;
		if (vz_ints_has(&s->chosen, p) && (!best || strcmp(vz_universe_name(s->u, p), vz_universe_name(s->u, best)) < 0))
			best = p;
	}
	return best;
}

static void add_ways(struct solve *s, int package, const struct vz_ints *there, bool any, struct vz_ints *ret)
{
	auto_ints struct vz_ints deps = {0};

	vz_universe_deps(s->u, package, VZ_DEP_PRE, &deps);
	vz_universe_deps(s->u, package, VZ_DEP_REQUIRES, &deps);
	for (size_t i = 0; i < deps.n; i++) {
		int way = way_to_meet(s, deps.v[i], there, any);

		if (way)
			vz_ints_add(ret, way);
	}
}

/* What the packages of `todo` need within the solution. Where there is a choice it waits until everything without
 * one is in, so that the order of dependencies, which is another in every index, does not matter. */
static void close_base(struct solve *s, struct vz_ints *todo, struct vz_ints *ret)
{
	while (todo->n) {
		auto_ints struct vz_ints ways = {0};
		int first = 0;

		while (todo->n) {
			int package = todo->v[--todo->n];

			if (!vz_ints_has(&s->chosen, package) || vz_ints_has(ret, package))
				continue;
			vz_ints_add(ret, package);
			add_ways(s, package, ret, false, todo);
		}
		for (size_t i = 0; i < ret->n; i++)
			add_ways(s, ret->v[i], ret, true, &ways);
		for (size_t i = 0; i < ways.n; i++)
			if (!first || strcmp(vz_universe_name(s->u, ways.v[i]), vz_universe_name(s->u, first)) < 0)
				first = ways.v[i];
		if (first)
			vz_ints_add(todo, first);
	}
}

/* Splits the solution: base, rest. */
static void split(struct solve *s, struct vz_ints *ret_base, struct vz_ints *ret_rest)
{
	auto_ints struct vz_ints roots = {0};
	bool whole = !s->policy->bootstrap;

	for (size_t i = 0; i < s->base.n; i++)
		whole = whole && vz_ints_has(&s->chosen, s->base.v[i]);
	for (size_t i = 0; whole && i < s->base.n; i++)
		vz_ints_add(ret_base, s->base.v[i]);
	if (!whole) {
		for (size_t i = 0; i < s->wanted.base.n; i++)
			vz_universe_named(s->u, vz_universe_name(s->u, s->wanted.base.v[i]), &roots);
		for (size_t i = 0; s->os && s->policy->bootstrap && s->policy->bootstrap[i]; i++)
			vz_universe_named(s->u, s->policy->bootstrap[i], &roots);
		close_base(s, &roots, ret_base);
	}
	for (size_t i = 0; i < s->chosen.n; i++)
		if (!vz_ints_has(ret_base, s->chosen.v[i]))
			vz_ints_add(ret_rest, s->chosen.v[i]);
}

static int add_packages(struct solve *s, const struct vz_ints *packages, unsigned flags, struct vz_plan *plan, struct vz_err *err)
{
	auto_ints struct vz_ints order = {0}, essential = {0};

	s->policy->order(s->u, packages, &order);
	if (s->policy->essential)
		s->policy->essential(s->u, &essential);
	for (size_t i = 0; i < order.n; i++) {
		struct vz_package p;
		struct vz_plan_package *k;

		vz_universe_package(s->u, order.v[i], &p);
		if (!*p.digest || !vz_plan_location_is_sane(p.location))
			return vz_err_set(err, VZ_DAMAGED, "the index has no digest or place for package '%s'", p.name);
		vz_grow(plan->packages, plan->n_packages, plan->cap_packages);
		k = &plan->packages[plan->n_packages++];
		*k = (struct vz_plan_package){ vz_strdup(p.name), vz_strdup(p.version), vz_strdup(p.arch),
					       vz_strdup(s->recipe->repos[p.repo].id), vz_strdup(p.location), vz_strdup(p.digest),
					       p.size, flags };
		if (vz_ints_has(&s->wanted.requests, order.v[i]))
			k->flags |= VZ_PLAN_REQUESTED;
		if (vz_ints_has(&essential, order.v[i]))
			k->flags |= VZ_PLAN_ESSENTIAL;
	}
	return 0;
}

static int solve(struct solve *s, struct vz_plan *plan, struct vz_err *err)
{
	auto_ints struct vz_ints base = {0}, rest = {0};

	if (read_requests(s, err) < 0 || choose(s, err) < 0)
		return -1;
	split(s, &base, &rest);
	if (add_packages(s, &base, VZ_PLAN_BASE, plan, err) < 0)
		return -1;
	return add_packages(s, &rest, 0, plan, err);
}

int vz_solve(struct vz_universe *u, const struct vz_policy *policy, const struct vz_recipe *r, const char *arch,
	     struct vz_plan *plan, bool *ret_files, struct vz_err *err)
{
	__attribute__((cleanup(solve_release))) struct solve s = { .u = u, .policy = policy, .recipe = r,
								   .find = { .u = u, .recipe = r, .arch = arch },
								   .os = strcmp(r->kind, "os") == 0 };
	int failed;

	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_exclude; k++)
			vz_universe_exclude(u, r->packages[i].exclude[k]);
	for (size_t i = 0; i < r->n_repos; i++)
		for (size_t k = 0; k < r->repos[i].n_modules; k++)
			vz_universe_enable(u, (int)i, r->repos[i].modules[k]);
	vz_universe_ready(u);
	failed = solve(&s, plan, err);
	if (ret_files)
		*ret_files = s.find.files_missing || vz_universe_wants_files(u, &s.wanted.requests, s.solved ? &s.chosen : NULL,
									   s.wanted.recommends ? VZ_SOLVE_RECOMMENDS : 0);
	return failed;
}
