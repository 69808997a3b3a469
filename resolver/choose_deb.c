/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `apt-get install` would choose in an empty root.  This follows
 * pkgDepCache::MarkInstall() of apt 2.6, depth first: for each dependency in
 * the order written that nothing chosen so far satisfies, the first
 * alternative that can be installed; of several providers the one that
 * CompareProviders puts first.  A package whose only way to be satisfied was
 * asked for is "protected" like the one that asked.
 */
#include "resolver/choose.h"

#include <string.h>

#define DEPTH_LIMIT 2000             /* of recursion; a chain that long is given up, and the solver decides alone */

enum state {
	CHOSEN = 1,
	PROTECTED = 2,               /* asked for, or nothing else will do */
	DROPPED = 4,                 /* cannot be chosen any more */
	CANDIDATE = 8, OTHER = 16,   /* the version of its name that may be chosen; known to be none */
	ESSENTIAL = 32,
	FIXED = 64,                  /* the candidate of its name by request */
	REACHED = 128,
};

struct walk {
	struct vz_universe *u;
	const struct vz_wanted *wanted;
	bool recommends;             /* at the moment */
	unsigned char *state;        /* by package */
};

static void mark_candidate(struct walk *w, int package)
{
	auto_ints struct vz_ints same = {0};
	int best = 0;

	vz_universe_named(w->u, vz_universe_name(w->u, package), &same);
	for (size_t i = 0; i < same.n; i++) {
		bool fixed = w->state[same.v[i]] & FIXED, best_fixed = best && w->state[best] & FIXED;

		w->state[same.v[i]] |= OTHER;
		if (!best || (fixed != best_fixed ? fixed : vz_universe_prefer(w->u, same.v[i], best) < 0))
			best = same.v[i];
	}
	if (best)
		w->state[best] ^= OTHER | CANDIDATE;
}

static bool is_candidate(struct walk *w, int package)
{
	if (!(w->state[package] & (CANDIDATE | OTHER)))
		mark_candidate(w, package);
	return w->state[package] & CANDIDATE;
}

/* One way to satisfy an alternative, with what CompareProviders looks at. */
struct way {
	int package;
	bool present, protected, same_name, essential;
	unsigned priority;
	int repo;
	unsigned mention;
};

static int by_preference(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	if (x->present != y->present)
		return x->present ? -1 : 1;
	if (x->protected != y->protected)
		return x->protected ? -1 : 1;
	if (x->same_name != y->same_name)
		return x->same_name ? -1 : 1;
	if (x->essential != y->essential)
		return x->essential ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	/* apt: the one with the higher number, which it heard of later */
	if (x->repo != y->repo)
		return x->repo > y->repo ? -1 : 1;
	if (x->mention != y->mention)
		return x->mention > y->mention ? -1 : 1;
	return x->package - y->package;
}

/* Where the name was mentioned first: its oldest repository counts. */
static void find_mention(struct walk *w, struct way *way, const struct vz_package *self)
{
	auto_ints struct vz_ints same = {0};

	way->repo = self->repo;
	way->mention = self->mention;
	vz_universe_named(w->u, self->name, &same);
	for (size_t i = 0; i < same.n; i++) {
		struct vz_package p;

		vz_universe_package(w->u, same.v[i], &p);
		if (p.repo < way->repo || (p.repo == way->repo && p.mention < way->mention)) {
			way->repo = p.repo;
			way->mention = p.mention;
		}
	}
}

static bool is_name(const char *name, const char *dep_name)
{
	size_t len = strcspn(dep_name, ":");

	return strlen(name) == len && memcmp(name, dep_name, len) == 0;
}

/* Adds the candidates that satisfy one alternative, best first. */
static void add_ways(struct walk *w, int alternative, struct vz_ints *ret)
{
	const char *name = vz_universe_dep_name(w->u, alternative);
	auto_ints struct vz_ints providers = {0};
	auto_free struct way *ways = NULL;
	size_t n = 0;

	vz_universe_providers(w->u, alternative, &providers);
	ways = vz_realloc(NULL, providers.n + 1, sizeof *ways);
	for (size_t i = 0; i < providers.n; i++) {
		int p = providers.v[i];
		struct vz_package k;

		if (!is_candidate(w, p) || w->state[p] & DROPPED)
			continue;
		vz_universe_package(w->u, p, &k);
		ways[n] = (struct way){ p, k.present, w->state[p] & PROTECTED, is_name(k.name, name), w->state[p] & ESSENTIAL, k.priority, 0, 0 };
		find_mention(w, &ways[n++], &k);
	}
	qsort(ways, n, sizeof *ways, by_preference);
	for (size_t i = 0; i < n; i++)
		if (!vz_ints_has(ret, ways[i].package))
			vz_ints_add(ret, ways[i].package);
}

/* What is there already comes first, whichever alternative it is: apt looks for others only if nothing installed will do. */
static void all_ways(struct walk *w, int group, struct vz_ints *ret)
{
	auto_ints struct vz_ints alternatives = {0}, ways = {0};

	vz_universe_alternatives(w->u, group, &alternatives);
	for (size_t i = 0; i < alternatives.n; i++)
		add_ways(w, alternatives.v[i], &ways);
	for (int present = 1; present >= 0; present--)
		for (size_t i = 0; i < ways.n; i++) {
			struct vz_package p;

			vz_universe_package(w->u, ways.v[i], &p);
			if (p.present == present)
				vz_ints_add(ret, ways.v[i]);
		}
}

static bool is_satisfied(struct walk *w, int group)
{
	auto_ints struct vz_ints providers = {0};

	vz_universe_providers(w->u, group, &providers);
	for (size_t i = 0; i < providers.n; i++)
		if (w->state[providers.v[i]] & CHOSEN)
			return true;
	return false;
}

static bool mark(struct walk *w, int package, unsigned depth);

/* One dependency of a package that is about to be chosen. */
static bool satisfy(struct walk *w, int group, bool protected, bool critical, unsigned depth)
{
	auto_ints struct vz_ints ways = {0};
	bool satisfied = is_satisfied(w, group);

	if (satisfied && (!protected || !critical))
		return true;
	all_ways(w, group, &ways);
	if (satisfied) {
		if (ways.n != 1 || w->state[ways.v[0]] & PROTECTED)
			return true;
		w->state[ways.v[0]] |= PROTECTED;
		return mark(w, ways.v[0], depth + 1);
	}
	for (size_t i = 0; i < ways.n; i++) {
		if (w->state[ways.v[i]] & DROPPED)
			continue;
		if (protected && critical && ways.n == 1)
			w->state[ways.v[i]] |= CHOSEN | PROTECTED;
		if (mark(w, ways.v[i], depth + 1))
			return true;
	}
	return !critical;
}

/* Makes room for a package: what it conflicts with goes, if it may. */
static bool refuse(struct walk *w, int package, bool protected)
{
	auto_ints struct vz_ints conflicts = {0}, others = {0};
	bool ok = true;

	vz_universe_deps(w->u, package, VZ_DEP_CONFLICTS, &conflicts);
	for (size_t i = 0; i < conflicts.n; i++)
		vz_universe_providers(w->u, conflicts.v[i], &others);
	for (size_t i = 0; i < others.n && (ok || protected); i++) {
		unsigned char *state = &w->state[others.v[i]];

		if (others.v[i] == package || !is_candidate(w, others.v[i]))
			continue;
		if (*state & CHOSEN && *state & PROTECTED)
			ok = false;
		else if (*state & CHOSEN)
			*state &= (unsigned char)~CHOSEN;
		else if (protected)
			*state |= DROPPED;
	}
	return ok;
}

static bool satisfy_all(struct walk *w, int package, bool protected, unsigned depth)
{
	bool ok = true;

	for (int kind = VZ_DEP_PRE; kind <= (w->recommends ? VZ_DEP_RECOMMENDS : VZ_DEP_REQUIRES); kind++) {
		auto_ints struct vz_ints groups = {0};

		vz_universe_deps(w->u, package, kind, &groups);
		for (size_t i = 0; i < groups.n && (ok || protected); i++)
			ok = satisfy(w, groups.v[i], protected, kind != VZ_DEP_RECOMMENDS, depth) && ok;
	}
	return ok;
}

static bool mark(struct walk *w, int package, unsigned depth)
{
	unsigned char *state = &w->state[package];
	bool protected = *state & PROTECTED, ok;

	if (*state & DROPPED || depth > DEPTH_LIMIT)
		return false;
	if (*state & CHOSEN && !protected)
		return true;
	ok = refuse(w, package, protected);
	if (!ok && !protected)
		return false;
	*state |= CHOSEN | PROTECTED;        /* while its own dependencies are looked at */
	ok = satisfy_all(w, package, protected, depth) && ok;
	if (!protected) {
		*state &= (unsigned char)~PROTECTED;
		if (!ok)
			*state = (*state & (unsigned char)~CHOSEN) | DROPPED;
	}
	return ok;
}

static void mark_all(struct walk *w, const struct vz_ints *packages)
{
	for (size_t i = 0; i < packages->n; i++)
		w->state[packages->v[i]] |= CHOSEN | PROTECTED;
	for (size_t i = 0; i < packages->n; i++)
		if (packages == &w->wanted->kept || !vz_ints_has(&w->wanted->kept, packages->v[i]))
			mark(w, packages->v[i], 0);
}

/* What was chosen for a package that was given up later is not needed. */
static void sweep(struct walk *w, struct vz_ints *ret)
{
	auto_ints struct vz_ints todo = {0};
	const struct vz_ints *roots[] = { &w->wanted->kept, &w->wanted->base, &w->wanted->requests };

	for (int r = 0; r < 3; r++)
		for (size_t i = 0; i < roots[r]->n; i++)
			vz_ints_add(&todo, roots[r]->v[i]);
	while (todo.n) {
		auto_ints struct vz_ints groups = {0}, providers = {0};
		int package = todo.v[--todo.n];

		if (!(w->state[package] & CHOSEN) || w->state[package] & REACHED)
			continue;
		w->state[package] |= REACHED;
		for (int kind = VZ_DEP_PRE; kind <= (w->recommends ? VZ_DEP_RECOMMENDS : VZ_DEP_REQUIRES); kind++)
			vz_universe_deps(w->u, package, kind, &groups);
		for (size_t i = 0; i < groups.n; i++)
			vz_universe_providers(w->u, groups.v[i], &providers);
		for (size_t i = 0; i < providers.n; i++)
			vz_ints_add(&todo, providers.v[i]);
	}
	for (int p = 0; p < vz_universe_count(w->u); p++)
		if (w->state[p] & REACHED)
			vz_ints_add(ret, p);
}

static void add_special(struct vz_universe *u, const char *name, struct vz_ints *ret)
{
	int dep = vz_universe_relation(u, name, 0, NULL);

	if (dep)
		vz_universe_providers(u, dep, ret);
}

static void essential_deb(struct vz_universe *u, struct vz_ints *ret)
{
	add_special(u, "vzpkg(essential)", ret);
}

static void choose_deb(struct vz_universe *u, const struct vz_wanted *wanted, struct vz_ints *ret)
{
	auto_free unsigned char *state = vz_alloc((size_t)vz_universe_count(u));
	struct walk w = { .u = u, .wanted = wanted, .state = state };
	auto_ints struct vz_ints essential = {0};

	essential_deb(u, &essential);
	for (size_t i = 0; i < essential.n; i++)
		state[essential.v[i]] |= ESSENTIAL;
	for (size_t i = 0; i < wanted->kept.n; i++)
		state[wanted->kept.v[i]] |= FIXED;
	for (size_t i = 0; i < wanted->requests.n; i++)
		state[wanted->requests.v[i]] |= FIXED;
	mark_all(&w, &wanted->kept);
	w.recommends = wanted->recommends;
	mark_all(&w, &wanted->base);
	mark_all(&w, &wanted->requests);
	sweep(&w, ret);
}

static void base_deb(struct vz_universe *u, struct vz_ints *ret)
{
	auto_ints struct vz_ints special = {0};

	essential_deb(u, &special);
	add_special(u, "vzpkg(required)", &special);
	for (size_t i = 0; i < special.n; i++) {
		auto_ints struct vz_ints same = {0};
		int best = special.v[i];

		vz_universe_named(u, vz_universe_name(u, best), &same);
		for (size_t k = 0; k < same.n; k++)
			if (vz_universe_prefer(u, same.v[k], best) < 0)
				best = same.v[k];
		if (best == special.v[i] && !vz_ints_has(ret, best))
			vz_ints_add(ret, best);
	}
}

const struct vz_policy vz_policy_deb = { "deb", vz_find_deb, base_deb, essential_deb, choose_deb, NULL, vz_order_deb };
