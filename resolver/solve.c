/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/solve.h"

#include <string.h>

struct solve {
	struct vz_universe *u;
	const struct vz_policy *policy;
	const struct vz_recipe *recipe;
	const struct vz_present_list *present;
	struct vz_find find;             /* with what is asked for: the recipe's requests, then the base */
	struct vz_wanted wanted;
	struct vz_ints template;         /* packages of the OS template that is there */
	struct vz_ints replaced, fixes;  /* what of it does not stay, and what takes its place */
	struct vz_ints base, chosen;     /* base alone; all */
	bool os, solved;                 /* an OS template; there is a solution */
};

/* The parts of a plan, in its order. */
struct parts {
	struct vz_ints base, rest, added;
};

static void parts_release(struct parts *p)
{
	vz_ints_release(&p->base);
	vz_ints_release(&p->rest);
	vz_ints_release(&p->added);
}

static void solve_release(struct solve *s)
{
	vz_asked_release(&s->find.asked);
	vz_ints_release(&s->wanted.kept);
	vz_ints_release(&s->wanted.base);
	vz_ints_release(&s->wanted.requests);
	vz_ints_release(&s->template);
	vz_ints_release(&s->replaced);
	vz_ints_release(&s->fixes);
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

/* NULL: it is not one of those. */
static const struct vz_present *present_at(const struct solve *s, int package)
{
	struct vz_package p;

	vz_universe_package(s->u, package, &p);
	return p.present ? vz_present_at(s->present, p.location) : NULL;
}

static void find_fix(struct solve *s, int package)
{
	const int fix = s->present->fixes ? vz_universe_fix(s->u, package) : 0;

	if (!fix)
		return;
	vz_universe_replace(s->u, package, fix);
	vz_ints_add(&s->replaced, package);
	vz_ints_add(&s->fixes, fix);
}

/* Packages that were given as files are asked for. */
static void read_present(struct solve *s)
{
	for (int p = vz_universe_next(s->u, 0); p; p = vz_universe_next(s->u, p)) {
		const struct vz_present *there = present_at(s, p);
		struct vz_asked *asked;

		if (there && there->how == VZ_PRESENT_TEMPLATE)
			vz_ints_add(&s->template, p);
		if (there && there->how != VZ_PRESENT_FILE)
			find_fix(s, p);
		if (!there || there->how != VZ_PRESENT_FILE)
			continue;
		asked = vz_asked_add(&s->find.asked, there->package.name, there->package.name);
		asked->best = p;
		vz_ints_add(&asked->packages, p);
	}
}

/* Whether another package of its name is asked for than this one. */
static bool is_asked_otherwise(const struct solve *s, int package)
{
	const char *name = vz_universe_name(s->u, package);

	for (size_t i = 0; i < s->find.asked.n; i++) {
		const struct vz_asked *asked = &s->find.asked.v[i];

		if (asked->best && asked->best != package && strcmp(vz_universe_name(s->u, asked->best), name) == 0)
			return true;
		for (size_t k = 0; k < asked->packages.n && !asked->best; k++)
			if (!vz_ints_has(&asked->packages, package) && strcmp(vz_universe_name(s->u, asked->packages.v[k]), name) == 0)
				return true;
	}
	return false;
}

/* What takes the place of something comes first: of two wishes that cannot both be met the solver drops the later. */
static void keep(struct solve *s)
{
	for (size_t i = 0; i < s->fixes.n; i++)
		if (!is_asked_otherwise(s, s->fixes.v[i]))
			vz_ints_add(&s->wanted.kept, s->fixes.v[i]);
	for (size_t i = 0; i < s->template.n; i++)
		if (!vz_ints_has(&s->replaced, s->template.v[i]) && !is_asked_otherwise(s, s->template.v[i]))
			vz_ints_add(&s->wanted.kept, s->template.v[i]);
}

static int read_requests(struct solve *s, struct vz_err *err)
{
	if (s->present)
		read_present(s);
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
	keep(s);
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
	const struct vz_ints *kept = &s->wanted.kept;
	auto_free struct vz_job *jobs = vz_realloc(NULL, asked->n + kept->n + proposal->n + 1, sizeof *jobs);
	size_t n = 0;

	for (size_t i = 0; i < asked->n; i++)
		jobs[n++] = asked->v[i].dep ? (struct vz_job){ VZ_JOB_MEET, asked->v[i].dep } :
			    (struct vz_job){ VZ_JOB_INSTALL, vz_universe_set(s->u, &asked->v[i].packages) };
	for (size_t i = 0; i < kept->n; i++)
		jobs[n++] = (struct vz_job){ VZ_JOB_WISH, kept->v[i] };
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

/* Splits what belongs to an OS: base, rest. */
static void split_os(struct solve *s, const struct vz_ints *os, struct parts *ret)
{
	auto_ints struct vz_ints roots = {0}, base = {0}, rest = {0};
	bool whole = !s->policy->bootstrap;

	for (size_t i = 0; i < s->base.n; i++)
		whole = whole && vz_ints_has(&s->chosen, s->base.v[i]);
	for (size_t i = 0; whole && i < s->base.n; i++)
		vz_ints_add(&base, s->base.v[i]);
	if (!whole) {
		for (size_t i = 0; i < s->wanted.base.n; i++)
			vz_universe_named(s->u, vz_universe_name(s->u, s->wanted.base.v[i]), &roots);
		for (size_t i = 0; s->os && s->policy->bootstrap && s->policy->bootstrap[i]; i++)
			vz_universe_named(s->u, s->policy->bootstrap[i], &roots);
		close_base(s, &roots, &base);
	}
	for (size_t i = 0; i < os->n; i++)
		if (!vz_ints_has(&base, os->v[i]))
			vz_ints_add(&rest, os->v[i]);
	s->policy->order(s->u, &base, &ret->base);
	s->policy->order(s->u, &rest, &ret->rest);
}

/* The OS template's packages as they are, in its order. */
static void keep_os(struct solve *s, struct parts *ret)
{
	auto_free int *package_of = vz_alloc(s->present->n * sizeof *package_of);

	for (size_t i = 0; i < s->template.n; i++)
		package_of[present_at(s, s->template.v[i]) - s->present->v] = s->template.v[i];
	for (size_t i = 0; i < s->present->n; i++)
		if (package_of[i])
			vz_ints_add(s->present->v[i].package.flags & VZ_PLAN_BASE ? &ret->base : &ret->rest, package_of[i]);
}

/* What of the solution its packages' names, and all they need, make of an OS template that cannot stay as it is. */
static void find_os(struct solve *s, struct vz_ints *ret)
{
	auto_ints struct vz_ints roots = {0};

	for (size_t i = 0; i < s->template.n; i++)
		vz_universe_named(s->u, vz_universe_name(s->u, s->template.v[i]), &roots);
	close_base(s, &roots, ret);
}

static void split(struct solve *s, struct parts *ret)
{
	const bool itself = s->present && s->present->itself;
	auto_ints struct vz_ints os = {0}, added = {0};
	bool stays = true;

	for (size_t i = 0; i < s->template.n; i++)
		stays = stays && vz_ints_has(&s->chosen, s->template.v[i]);
	if (s->template.n)
		find_os(s, &os);
	if (s->template.n && stays && (!itself || s->template.n == s->chosen.n))
		keep_os(s, ret);
	else
		split_os(s, s->template.n && !itself ? &os : &s->chosen, ret);
	for (size_t i = 0; i < s->chosen.n; i++)
		if (!vz_ints_has(&ret->base, s->chosen.v[i]) && !vz_ints_has(&ret->rest, s->chosen.v[i]))
			vz_ints_add(&added, s->chosen.v[i]);
	s->policy->order(s->u, &added, &ret->added);
}

/* A repository that had a package which is there, and that no recipe names any more. */
static void add_repo(struct vz_plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->n_repos; i++)
		if (strcmp(plan->repos[i].id, id) == 0)
			return;
	plan->repos = vz_realloc(plan->repos, plan->n_repos + 1, sizeof *plan->repos);
	plan->repos[plan->n_repos++] = (struct vz_plan_repo){ .id = vz_strdup(id), .type = vz_strdup(plan->family) };
}

static void take_present(const struct vz_present *there, struct vz_plan *plan, struct vz_plan_package *ret)
{
	const struct vz_plan_package *p = &there->package;

	add_repo(plan, p->repo);
	*ret = (struct vz_plan_package){ vz_strdup(p->name), vz_strdup(p->version), vz_strdup(p->arch), vz_strdup(p->repo),
					 vz_strdup(p->location), vz_strdup(p->digest), p->size, 0 };
}

static int add_package(struct solve *s, int package, struct vz_plan *plan, struct vz_plan_package *ret, struct vz_err *err)
{
	const struct vz_present *there = present_at(s, package);
	struct vz_package p;

	if (there) {
		take_present(there, plan, ret);
		return 0;
	}
	vz_universe_package(s->u, package, &p);
	if (!*p.digest || !vz_plan_location_is_sane(p.location))
		return vz_err_set(err, VZ_DAMAGED, "the index has no digest or place for package '%s'", p.name);
	*ret = (struct vz_plan_package){ vz_strdup(p.name), vz_strdup(p.version), vz_strdup(p.arch),
					 vz_strdup(s->recipe->repos[p.repo].id), vz_strdup(p.location), vz_strdup(p.digest),
					 p.size, 0 };
	return 0;
}

/* A package that could not be replaced is what its fix would have been. */
static bool is_requested(const struct solve *s, int package)
{
	for (size_t i = 0; i < s->replaced.n; i++)
		if (s->replaced.v[i] == package && vz_ints_has(&s->wanted.requests, s->fixes.v[i]))
			return true;
	return vz_ints_has(&s->wanted.requests, package);
}

static int add_packages(struct solve *s, const struct vz_ints *order, unsigned flags, struct vz_plan *plan, struct vz_err *err)
{
	auto_ints struct vz_ints essential = {0};

	if (s->policy->essential)
		s->policy->essential(s->u, &essential);
	for (size_t i = 0; i < order->n; i++) {
		struct vz_plan_package k;

		if (add_package(s, order->v[i], plan, &k, err) < 0)
			return -1;
		k.flags = flags;
		if (is_requested(s, order->v[i]))
			k.flags |= VZ_PLAN_REQUESTED;
		if (vz_ints_has(&essential, order->v[i]))
			k.flags |= VZ_PLAN_ESSENTIAL;
		vz_grow(plan->packages, plan->n_packages, plan->cap_packages);
		plan->packages[plan->n_packages++] = k;
	}
	return 0;
}

static int solve(struct solve *s, struct vz_plan *plan, struct vz_err *err)
{
	__attribute__((cleanup(parts_release))) struct parts parts = {0};

	if (read_requests(s, err) < 0 || choose(s, err) < 0)
		return -1;
	split(s, &parts);
	if (add_packages(s, &parts.base, VZ_PLAN_BASE, plan, err) < 0 || add_packages(s, &parts.rest, 0, plan, err) < 0)
		return -1;
	return add_packages(s, &parts.added, VZ_PLAN_ADDED, plan, err);
}

int vz_solve(const struct vz_solve *in, struct vz_plan *plan, bool *ret_files, struct vz_err *err)
{
	const struct vz_recipe *r = in->recipe;
	__attribute__((cleanup(solve_release))) struct solve s = {
		.u = in->u, .policy = in->policy, .recipe = r, .present = in->present,
		.find = { .u = in->u, .recipe = r, .arch = in->arch }, .os = strcmp(r->kind, "os") == 0,
	};
	int failed;

	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_exclude; k++)
			vz_universe_exclude(s.u, r->packages[i].exclude[k]);
	for (size_t i = 0; i < r->n_repos; i++)
		for (size_t k = 0; k < r->repos[i].n_modules; k++)
			vz_universe_enable(s.u, (int)i, r->repos[i].modules[k]);
	vz_universe_ready(s.u);
	failed = solve(&s, plan, err);
	if (ret_files)
		*ret_files = s.find.files_missing || vz_universe_wants_files(s.u, &s.wanted.requests, s.solved ? &s.chosen : NULL,
									     s.wanted.recommends ? VZ_SOLVE_RECOMMENDS : 0);
	return failed;
}
