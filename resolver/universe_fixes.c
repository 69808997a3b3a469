/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What takes the place of a package for the sake of security. */
#include <solv/evr.h>
#include <solv/repo.h>
#include <string.h>

#include "resolver/universe_pool.h"

void vz_universe_secure(struct vz_universe *u, int repo)
{
	vz_ints_add(&u->secure, repo);
}

void vz_universe_replace(struct vz_universe *u, int package, int by)
{
	vz_ints_add(&u->replaced, package);
	vz_ints_add(&u->fixes, by);
}

int vz_universe_fix(struct vz_universe *u, int package)
{
	return u->family->find_fix(u, package);
}

static int newer(struct vz_universe *u, int a, int b)
{
	return !b || pool_evrcmp(u->pool, u->pool->solvables[a].evr, u->pool->solvables[b].evr, EVRCMP_COMPARE) > 0;
}

/* ---- deb: suites for security updates ---- */

int vz_universe_find_fix_deb(struct vz_universe *u, int package)
{
	auto_ints struct vz_ints named = {0};
	int best = package;

	vz_universe_named(u, vz_universe_name(u, package), &named);
	for (size_t i = 0; i < named.n; i++)
		if (vz_ints_has(&u->secure, vz_universe_repo_number(u->pool->solvables + named.v[i])) && newer(u, named.v[i], best))
			best = named.v[i];
	return best == package ? 0 : best;
}

/* ---- rpm: advisories ---- */

/* Packages of that name and architecture are vulnerable below that version. */
struct vz_universe_advice {
	Id name, arch, evr;
};

/* Of advisories libsolv makes packages with "NAME.ARCH < EVR" among their conflicts. */
static void add_advice(struct vz_universe *u, Id dep)
{
	const Reldep *below = ISRELDEP(dep) ? GETRELDEP(u->pool, dep) : NULL, *of;
	struct vz_universe_advice a = {0};

	if (!below || below->flags != REL_LT)
		return;
	a.name = below->name;
	a.evr = below->evr;
	if (ISRELDEP(a.name)) {
		of = GETRELDEP(u->pool, a.name);
		if (of->flags != REL_ARCH || ISRELDEP(of->name))
			return;
		a.name = of->name;
		a.arch = of->evr;
	}
	vz_grow(u->advice, u->n_advice, u->cap_advice);
	u->advice[u->n_advice++] = a;
}

static void read_advice(struct vz_universe *u)
{
	Pool *pool = u->pool;
	Id p;

	FOR_POOL_SOLVABLES(p) {
		Solvable *s = pool->solvables + p;
		const char *category;

		if (!s->repo || !s->conflicts || strncmp(pool_id2str(pool, s->name), VZ_ADVISORY, strlen(VZ_ADVISORY)) != 0)
			continue;
		category = solvable_lookup_str(s, SOLVABLE_PATCHCATEGORY);
		for (const Id *dep = s->repo->idarraydata + s->conflicts; category && strcmp(category, "security") == 0 && *dep; dep++)
			add_advice(u, *dep);
	}
	u->advised = true;
}

static bool concerns(const struct vz_universe *u, const struct vz_universe_advice *a, const Solvable *s)
{
	return a->name == s->name && (!a->arch || a->arch == s->arch || a->arch == ARCH_NOARCH) &&
	       pool_evrcmp(u->pool, s->evr, a->evr, EVRCMP_COMPARE) < 0;
}

/* The newest that an advisory names; where the repository has gone on from that, the newest it has. */
int vz_universe_find_fix_rpm(struct vz_universe *u, int package)
{
	const Solvable *s = u->pool->solvables + package;
	auto_ints struct vz_ints named = {0};
	int advised = 0, best = 0;
	Id wanted = 0;

	if (!u->advised)
		read_advice(u);
	for (size_t i = 0; i < u->n_advice; i++)
		if (concerns(u, &u->advice[i], s) && (!wanted || pool_evrcmp(u->pool, u->advice[i].evr, wanted, EVRCMP_COMPARE) > 0))
			wanted = u->advice[i].evr;
	if (!wanted)
		return 0;
	vz_universe_named(u, vz_universe_name(u, package), &named);
	for (size_t i = 0; i < named.n; i++) {
		const int p = named.v[i];
		const Id evr = u->pool->solvables[p].evr;

		if (!vz_universe_is_usable(u, p) || u->pool->solvables[p].repo == u->present)
			continue;
		if (evr == wanted && (!advised || vz_universe_prefer(u, p, advised) < 0))
			advised = p;
		if (pool_evrcmp(u->pool, evr, wanted, EVRCMP_COMPARE) >= 0 && newer(u, p, best))
			best = p;
	}
	return advised ? advised : best;
}
