/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/solve.h"

#include <string.h>

#include "resolver/order.h"
#include "resolver/recipe_check.h"

/* A request as the recipe writes it: NAME[:ARCH][=VERSION]. */
struct item {
	char *name, *arch, *version;
};

static void item_release(struct item *t)
{
	free(t->name);
	free(t->arch);
	free(t->version);
}

static void item_parse(const char *text, struct item *ret)
{
	size_t name = strcspn(text, ":="), end = strcspn(text, "=");

	ret->name = vz_strndup(text, name);
	ret->arch = text[name] == ':' ? vz_strndup(text + name + 1, end - name - 1) : NULL;
	ret->version = text[end] == '=' ? vz_strdup(text + end + 1) : NULL;
}

struct solve {
	struct vz_universe *u;
	const struct vz_policy *policy;
	const struct vz_recipe *recipe;
	const char *arch;
	struct vz_wanted wanted;
	struct vz_ints asked;            /* the jobs for what is wanted, as relations */
	struct vz_ints base, chosen;     /* base alone; all */
};

static void solve_release(struct solve *s)
{
	vz_ints_release(&s->wanted.base);
	vz_ints_release(&s->wanted.requests);
	vz_ints_release(&s->asked);
	vz_ints_release(&s->base);
	vz_ints_release(&s->chosen);
}

static bool is_excluded(const struct vz_recipe *r, const char *name)
{
	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_exclude; k++)
			if (strcmp(r->packages[i].exclude[k], name) == 0)
				return true;
	return false;
}

struct names {
	const char **v;
	size_t n, cap;
};

static void add_name(void *ctx, const char *name)
{
	struct names *names = ctx;

	vz_grow(names->v, names->n, names->cap);
	names->v[names->n++] = name;
}

static int fail_missing(struct solve *s, const struct item *t, struct vz_err *err)
{
	struct names names = {0};
	const char *near;

	if (is_excluded(s->recipe, t->name))
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is asked for and excluded by the recipe", t->name);
	vz_universe_names(s->u, add_name, &names);
	add_name(&names, NULL);
	near = vz_recipe_nearest(t->name, names.v);
	vz_err_set(err, VZ_UNRESOLVED, "package '%s' is in no repository of the recipe", t->name);
	if (near)
		vz_err_hint(err, "there is '%s'", near);
	free(names.v);
	return -1;
}

/* Texts of packages, for a hint: their names, or their versions. */
static char *list_packages(struct vz_universe *u, const struct vz_ints *packages, bool versions)
{
	struct vz_buf b = {0};

	for (size_t i = 0; i < packages->n && i < 8; i++) {
		struct vz_package p;

		vz_universe_package(u, packages->v[i], &p);
		vz_buf_printf(&b, "%s%s", i ? ", " : "", versions ? p.version : p.name);
	}
	if (packages->n > 8)
		vz_buf_puts(&b, ", …");
	return vz_buf_steal(&b);
}

/* A name that is no package's but is provided by some: by exactly one, and it is meant. */
static int find_virtual(struct solve *s, const struct item *t, struct vz_err *err)
{
	auto_ints struct vz_ints providers = {0}, different = {0};
	auto_free char *list = NULL;
	int dep = vz_universe_relation(s->u, t->name, NULL), best = 0;

	if (dep && !t->version)
		vz_universe_providers(s->u, dep, &providers);
	for (size_t i = 0; i < providers.n; i++) {
		bool seen = false;

		for (size_t k = 0; k < different.n; k++)
			seen = seen || strcmp(vz_universe_name(s->u, different.v[k]), vz_universe_name(s->u, providers.v[i])) == 0;
		if (!seen)
			vz_ints_add(&different, providers.v[i]);
		if (!best || vz_universe_prefer(s->u, providers.v[i], best) < 0)
			best = providers.v[i];
	}
	if (different.n == 1)
		return best;
	if (!different.n)
		return fail_missing(s, t, err);
	list = list_packages(s->u, &different, false);
	vz_err_set(err, VZ_UNRESOLVED, "package '%s' is virtual, and %zu packages provide it", t->name, different.n);
	return vz_err_hint(err, "ask for one of: %s", list);
}

/* The package that a request means, or -1. */
static int find_package(struct solve *s, const struct item *t, struct vz_err *err)
{
	auto_ints struct vz_ints named = {0};
	auto_free char *list = NULL;
	bool all = t->arch && strcmp(t->arch, "all") == 0;
	int best = 0;

	if (t->arch && !all && strcmp(t->arch, s->arch) != 0 && strcmp(t->arch, "any") != 0 && strcmp(t->arch, "native") != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s:%s': the recipe's repositories are read for architecture '%s'",
				  t->name, t->arch, s->arch);
	vz_universe_named(s->u, t->name, &named);
	if (!named.n)
		return find_virtual(s, t, err);
	for (size_t i = 0; i < named.n; i++) {
		struct vz_package p;

		vz_universe_package(s->u, named.v[i], &p);
		if ((!t->version || strcmp(p.version, t->version) == 0) && (!all || strcmp(p.arch, "all") == 0) &&
		    (!best || vz_universe_prefer(s->u, named.v[i], best) < 0))
			best = named.v[i];
	}
	if (best)
		return best;
	list = list_packages(s->u, &named, true);
	vz_err_set(err, VZ_UNRESOLVED, "package '%s' has no version '%s'%s in the recipe's repositories", t->name,
		   t->version ? t->version : "", all ? " for architecture 'all'" : "");
	return vz_err_hint(err, "there is: %s", list);
}

static int add_request(struct solve *s, const char *text, struct vz_err *err)
{
	__attribute__((cleanup(item_release))) struct item t;
	const char *name;
	int package;

	item_parse(text, &t);
	package = find_package(s, &t, err);
	if (package < 0)
		return -1;
	name = vz_universe_name(s->u, package);
	for (size_t i = 0; i < s->wanted.requests.n; i++)
		if (s->wanted.requests.v[i] != package && strcmp(vz_universe_name(s->u, s->wanted.requests.v[i]), name) == 0)
			return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is asked for in two versions", name);
	if (vz_ints_has(&s->wanted.requests, package))
		return 0;
	vz_ints_add(&s->wanted.requests, package);
	vz_ints_add(&s->asked, vz_universe_relation(s->u, name, t.version));
	return 0;
}

/* The base first; a request for another version of one of its packages replaces that. */
static void add_base(struct solve *s)
{
	auto_ints struct vz_ints base = {0};

	s->policy->base(s->u, &base);
	for (size_t i = 0; i < base.n; i++) {
		const char *name = vz_universe_name(s->u, base.v[i]);
		int package = base.v[i];

		for (size_t k = 0; k < s->wanted.requests.n; k++)
			if (strcmp(vz_universe_name(s->u, s->wanted.requests.v[k]), name) == 0)
				package = s->wanted.requests.v[k];
		vz_ints_add(&s->wanted.base, package);
		vz_ints_add(&s->asked, vz_universe_relation(s->u, name, NULL));
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
		for (size_t k = 0; k < p->n_install; k++)
			if (add_request(s, p->install[k], err) < 0)
				return -1;
	}
	if (strcmp(s->recipe->kind, "os") == 0)
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
	size_t n = 0;
	auto_free struct vz_job *jobs = vz_realloc(NULL, s->asked.n + proposal->n + 1, sizeof *jobs);

	for (size_t i = 0; i < s->asked.n; i++)
		jobs[n++] = (struct vz_job){ VZ_JOB_INSTALL, s->asked.v[i] };
	for (size_t i = 0; i < proposal->n; i++)
		jobs[n++] = (struct vz_job){ kind, proposal->v[i] };
	vz_universe_solve(s->u, jobs, n, s->wanted.recommends && kind == VZ_JOB_FAVOR ? VZ_SOLVE_RECOMMENDS : 0, ret);
}

static int choose(struct solve *s, struct vz_err *err)
{
	struct vz_wanted alone = { .base = s->wanted.base };
	auto_ints struct vz_ints proposal = {0};
	auto_solution struct vz_solution wish = {0}, favor = {0};
	struct vz_solution *found = &wish;

	s->policy->choose(s->u, &alone, &s->base);
	s->policy->choose(s->u, &s->wanted, &proposal);
	solve_with(s, &proposal, VZ_JOB_WISH, &wish);
	if (!wish.solved)
		return vz_explain(s->u, s->recipe, &wish, err);
	if (!same_set(&wish.packages, &proposal)) {
		solve_with(s, &proposal, VZ_JOB_FAVOR, &favor);
		if (!favor.solved)
			return vz_explain(s->u, s->recipe, &favor, err);
		found = &favor;
	}
	s->chosen = found->packages;
	memset(&found->packages, 0, sizeof found->packages);
	return 0;
}

/* What the base needs within the solution, for when that is not what it would
 * have chosen alone. */
static void close_base(struct solve *s, struct vz_ints *ret)
{
	auto_ints struct vz_ints todo = {0};

	for (size_t i = 0; i < s->wanted.base.n; i++)
		vz_universe_named(s->u, vz_universe_name(s->u, s->wanted.base.v[i]), &todo);
	while (todo.n) {
		auto_ints struct vz_ints deps = {0};
		int package = todo.v[--todo.n];

		if (!vz_ints_has(&s->chosen, package) || vz_ints_has(ret, package))
			continue;
		vz_ints_add(ret, package);
		vz_universe_deps(s->u, package, VZ_DEP_PRE, &deps);
		vz_universe_deps(s->u, package, VZ_DEP_REQUIRES, &deps);
		for (size_t i = 0; i < deps.n; i++)
			vz_universe_providers(s->u, deps.v[i], &todo);
	}
}

/* Splits the solution: base, rest. */
static void split(struct solve *s, struct vz_ints *ret_base, struct vz_ints *ret_rest)
{
	bool whole = true;

	for (size_t i = 0; i < s->base.n; i++)
		whole = whole && vz_ints_has(&s->chosen, s->base.v[i]);
	if (!whole)
		close_base(s, ret_base);
	for (size_t i = 0; whole && i < s->base.n; i++)
		vz_ints_add(ret_base, s->base.v[i]);
	for (size_t i = 0; i < s->chosen.n; i++)
		if (!vz_ints_has(ret_base, s->chosen.v[i]))
			vz_ints_add(ret_rest, s->chosen.v[i]);
}

static int add_packages(struct solve *s, const struct vz_ints *packages, unsigned flags, struct vz_plan *plan, struct vz_err *err)
{
	auto_ints struct vz_ints order = {0}, essential = {0};

	vz_order(s->u, packages, &order);
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

int vz_solve(struct vz_universe *u, const struct vz_policy *policy, const struct vz_recipe *r, const char *arch,
	     struct vz_plan *plan, struct vz_err *err)
{
	__attribute__((cleanup(solve_release))) struct solve s = { .u = u, .policy = policy, .recipe = r, .arch = arch };
	auto_ints struct vz_ints base = {0}, rest = {0};

	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_exclude; k++)
			vz_universe_exclude(u, r->packages[i].exclude[k]);
	vz_universe_ready(u);
	if (read_requests(&s, err) < 0 || choose(&s, err) < 0)
		return -1;
	split(&s, &base, &rest);
	if (add_packages(&s, &base, VZ_PLAN_BASE, plan, err) < 0)
		return -1;
	return add_packages(&s, &rest, 0, plan, err);
}
