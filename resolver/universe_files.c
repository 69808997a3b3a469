/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that packages own and need.  A repository's primary index lists only
 * some paths; complete lists are many times larger, and so are loaded only if
 * they can matter: where a package that could have been chosen is held to be
 * uninstallable because nobody is known to own a file that it needs.
 */
#include <solv/dataiterator.h>
#include <solv/repo.h>
#include <string.h>

#include "resolver/request.h"
#include "resolver/universe_pool.h"

void vz_universe_owners(struct vz_universe *u, const char *pattern, struct vz_ints *ret)
{
	int how = vz_is_pattern(pattern) ? SEARCH_GLOB : SEARCH_STRING;
	Dataiterator di;

	dataiterator_init(&di, u->pool, 0, 0, SOLVABLE_FILELIST, pattern, how | SEARCH_FILES | SEARCH_COMPLETE_FILELIST);
	while (dataiterator_step(&di)) {
		if (vz_universe_is_usable(u, di.solvid))
			vz_ints_add(ret, di.solvid);
		dataiterator_skip_solvable(&di);
	}
	dataiterator_free(&di);
}

struct lack {
	struct vz_universe *u;
	Map files;                   /* paths, as ids of strings, that nobody is known to own */
	Map broken;                  /* packages that lack one, themselves or by what they need */
};

static bool any_provider(Pool *pool, Id dep)
{
	Id p, pp;

	FOR_PROVIDES(p, pp, dep)
		return true;
	return false;
}

static bool find_files(struct lack *l)
{
	Pool *pool = l->u->pool;
	bool any = false;

	map_init(&l->files, pool->ss.nstrings);
	for (Id id = 2; id < pool->ss.nstrings; id++)
		if (*pool_id2str(pool, id) == '/' && !any_provider(pool, id)) {
			MAPSET(&l->files, id);
			any = true;
		}
	return any;
}

/* Is an unknown file one of what a dependency speaks of. */
static bool lacks_file(const struct lack *l, Id dep)
{
	for (; ISRELDEP(dep); dep = GETRELDEP(l->u->pool, dep)->name) {
		const Reldep *r = GETRELDEP(l->u->pool, dep);

		if (r->flags >= 8 && lacks_file(l, r->evr))
			return true;
	}
	return MAPTST(&l->files, dep);
}

static bool all_broken(const struct lack *l, Id dep)
{
	Pool *pool = l->u->pool;
	Id p, pp;
	bool any = false;

	FOR_PROVIDES(p, pp, dep) {
		any = true;
		if (p == SYSTEMSOLVABLE || !MAPTST(&l->broken, p))
			return false;
	}
	return any;
}

static bool is_broken(const struct lack *l, const Solvable *s)
{
	for (const Id *dep = s->requires ? s->repo->idarraydata + s->requires : NULL; dep && *dep; dep++)
		if (*dep != SOLVABLE_PREREQMARKER && (lacks_file(l, *dep) || all_broken(l, *dep)))
			return true;
	return false;
}

static void find_broken(struct lack *l)
{
	Pool *pool = l->u->pool;
	bool more = true;

	map_init(&l->broken, pool->nsolvables);
	while (more) {
		more = false;
		for (int p = vz_universe_next(l->u, 0); p; p = vz_universe_next(l->u, p))
			if (!MAPTST(&l->broken, p) && is_broken(l, pool->solvables + p)) {
				MAPSET(&l->broken, p);
				more = true;
			}
	}
}

static bool any_broken(const struct lack *l, const struct vz_ints *packages)
{
	for (size_t i = 0; i < packages->n; i++)
		if (MAPTST(&l->broken, packages->v[i]))
			return true;
	return false;
}

/* Was there a way to meet one of a chosen package's dependencies that was not open only for want of a file. */
static bool had_choice(const struct lack *l, int package, unsigned flags)
{
	auto_ints struct vz_ints deps = {0}, conflicts = {0}, others = {0};
	bool wanted = false;

	vz_universe_deps(l->u, package, VZ_DEP_PRE, &deps);
	vz_universe_deps(l->u, package, VZ_DEP_REQUIRES, &deps);
	if (flags & VZ_SOLVE_RECOMMENDS)
		vz_universe_deps(l->u, package, VZ_DEP_RECOMMENDS, &deps);
	for (size_t i = 0; i < deps.n; i++) {
		vz_universe_providers(l->u, deps.v[i], &others);
		wanted = wanted || lacks_file(l, deps.v[i]);
	}
	vz_universe_deps(l->u, package, VZ_DEP_CONFLICTS, &conflicts);
	for (size_t i = 0; i < conflicts.n; i++)
		wanted = wanted || lacks_file(l, conflicts.v[i]);
	return wanted || any_broken(l, &others);
}

bool vz_universe_wants_files(struct vz_universe *u, const struct vz_ints *asked, const struct vz_ints *chosen, unsigned flags)
{
	struct lack l = { .u = u };
	bool wanted = false;

	if (u->family->files && find_files(&l)) {
		find_broken(&l);
		wanted = !chosen || any_broken(&l, asked);
		for (size_t i = 0; chosen && i < chosen->n && !wanted; i++)
			wanted = had_choice(&l, chosen->v[i], flags);
		map_free(&l.broken);
	}
	map_free(&l.files);
	return wanted;
}
