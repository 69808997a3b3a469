/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/universe.h"

#include <solv/evr.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/repo_solv.h>
#include <solv/solver.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/fd.h"
#include "resolver/universe_pool.h"

#define NO_NUMBER (-1)               /* of the repository that stands for an empty system */

void vz_ints_add(struct vz_ints *a, int v)
{
	vz_grow(a->v, a->n, a->cap);
	a->v[a->n++] = v;
}

bool vz_ints_has(const struct vz_ints *a, int v)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i] == v)
			return true;
	return false;
}

void vz_ints_release(struct vz_ints *a)
{
	free(a->v);
	memset(a, 0, sizeof *a);
}

static void set_arch_deb(Pool *pool, const char *arch)
{
	pool_setarch(pool, arch);
}

/* This one and noarch: not what else the machine could run. i686 is a name for a line of processors. */
static void set_arch_rpm(Pool *pool, const char *arch)
{
	Repo *system;

	pool_setarchpolicy(pool, strcmp(arch, "i686") == 0 ? "i686:i586:i486:i386" : arch);
	/* dnf solves against an installed system, if an empty one */
	system = repo_create(pool, "");
	system->appdata = (void *)(intptr_t)NO_NUMBER;
	pool_set_installed(pool, system);
}

/* libsolv sorts what a package needs; `key_needs` has it in the order written, and markers part the kinds. */
static void add_needs_deb(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret)
{
	int skip = (int)kind;
	Queue q;

	queue_init(&q);
	solvable_lookup_idarray(pool_id2solvable(u->pool, package), u->key_needs, &q);
	for (int i = 0; i < q.count && skip >= 0; i++) {
		if (q.elements[i] == SOLVABLE_PREREQMARKER)
			skip--;
		else if (!skip)
			vz_ints_add(ret, q.elements[i]);
	}
	queue_free(&q);
}

static void add_needs_rpm(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret)
{
	static const int markers[] = { [VZ_DEP_PRE] = 1, [VZ_DEP_REQUIRES] = -1, [VZ_DEP_RECOMMENDS] = 0 };
	Queue q;

	queue_init(&q);
	solvable_lookup_deparray(pool_id2solvable(u->pool, package), kind == VZ_DEP_RECOMMENDS ? SOLVABLE_RECOMMENDS : SOLVABLE_REQUIRES,
				 &q, markers[kind]);
	for (int i = 0; i < q.count; i++)
		vz_ints_add(ret, q.elements[i]);
	queue_free(&q);
}

/* As dpkg's control files are written. */
static void put_dep_deb(struct vz_universe *u, Id dep, struct vz_buf *b)
{
	static const char *const ops[] = { "", ">>", "=", ">=", "<<", "", "<=", "" };   /* by REL_GT, REL_EQ, REL_LT */
	const Reldep *r = ISRELDEP(dep) ? GETRELDEP(u->pool, dep) : NULL;

	if (r && r->flags == REL_OR) {
		put_dep_deb(u, r->name, b);
		vz_buf_puts(b, " | ");
		put_dep_deb(u, r->evr, b);
	} else if (r && r->flags < 8) {
		vz_buf_printf(b, "%s (%s %s)", pool_dep2str(u->pool, r->name), ops[r->flags], pool_id2str(u->pool, r->evr));
	} else {
		vz_buf_puts(b, pool_dep2str(u->pool, dep));
	}
}

static void put_dep_rpm(struct vz_universe *u, Id dep, struct vz_buf *b)
{
	vz_buf_puts(b, pool_dep2str(u->pool, dep));
}

static const struct vz_universe_family families[] = {
	{ "deb", DISTTYPE_DEB, set_arch_deb, add_needs_deb, put_dep_deb, false, 0, (const int[]){ SOLVER_FLAG_NO_INFARCHCHECK, 0 },
	  vz_universe_find_fix_deb },
	/* libdnf's Goal::Impl::initSolver() and filterPkgToJob() */
	{ "rpm", DISTTYPE_RPM, set_arch_rpm, add_needs_rpm, put_dep_rpm, true, SOLVER_SETARCH | SOLVER_SETEVR,
	  (const int[]){ SOLVER_FLAG_ALLOW_VENDORCHANGE, SOLVER_FLAG_DUP_ALLOW_VENDORCHANGE, SOLVER_FLAG_KEEP_ORPHANS,
			 SOLVER_FLAG_BEST_OBEY_POLICY, SOLVER_FLAG_YUM_OBSOLETES, 0 },
	  vz_universe_find_fix_rpm },
};

struct vz_universe *vz_universe_new(const char *family, const char *arch)
{
	struct vz_universe *u = vz_new(struct vz_universe);

	u->family = &families[0];
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i].name, family) == 0)
			u->family = &families[i];
	u->pool = pool_create();
	pool_setdisttype(u->pool, u->family->disttype);
	u->family->set_arch(u->pool, arch);
	u->key_priority = pool_str2id(u->pool, "vzpkg:priority", 1);
	u->key_mention = pool_str2id(u->pool, "vzpkg:mention", 1);
	u->key_needs = pool_str2id(u->pool, "vzpkg:needs", 1);
	return u;
}

void vz_universe_free(struct vz_universe *u)
{
	if (!u)
		return;
	u->pool->considered = NULL;
	pool_free(u->pool);
	vz_universe_filter_release(u);
	vz_ints_release(&u->secure);
	vz_ints_release(&u->replaced);
	vz_ints_release(&u->fixes);
	free(u->advice);
	free(u);
}

static Repo *repo_of(Pool *pool, int number)
{
	Repo *repo;
	Id id;

	FOR_REPOS(id, repo)
		if ((int)(intptr_t)repo->appdata == number)
			return repo;
	repo = repo_create(pool, "");
	repo->appdata = (void *)(intptr_t)number;
	return repo;
}

static int add_index(struct vz_universe *u, Repo *r, int priority, int fd, struct vz_err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "r");
	int failed;

	if (!f)
		return vz_err_sys(err, "read an index");
	setvbuf(f, NULL, _IOFBF, 1 << 18);   /* it is read whole, byte by byte */
	r->priority = -priority;     /* libsolv: the higher wins */
	failed = repo_add_solv(r, f, 0);
	fclose(f);
	if (failed)
		return vz_err_set(err, VZ_DAMAGED, "a cached index cannot be read: %s", pool_errstr(u->pool));
	return 0;
}

int vz_universe_add(struct vz_universe *u, int repo, int priority, int fd, struct vz_err *err)
{
	return add_index(u, repo_of(u->pool, repo), priority, fd, err);
}

int vz_universe_add_present(struct vz_universe *u, int repo, int fd, struct vz_err *err)
{
	u->present = repo_of(u->pool, repo);
	return add_index(u, u->present, -1, fd, err);
}

void vz_universe_ready(struct vz_universe *u)
{
	vz_universe_filter(u);
	if (u->family->files)
		pool_addfileprovides(u->pool);
	pool_createwhatprovides(u->pool);
}

bool vz_universe_is_usable(const struct vz_universe *u, int package)
{
	const Solvable *s = u->pool->solvables + package;

	/* what stands for groups and advisories has a colon in its name, which no package has */
	if (!s->repo || strchr(pool_id2str(u->pool, s->name), ':'))
		return false;
	return s->repo != u->pool->installed && (!u->pool->considered || MAPTST(u->pool->considered, package)) &&
	       pool_installable(u->pool, (Solvable *)s);
}

int vz_universe_next(const struct vz_universe *u, int package)
{
	int next = package < SYSTEMSOLVABLE ? SYSTEMSOLVABLE : package;

	while (++next < u->pool->nsolvables)
		if (vz_universe_is_usable(u, next))
			return next;
	return 0;
}

int vz_universe_count(const struct vz_universe *u)
{
	return u->pool->nsolvables;
}

const char *vz_universe_name(const struct vz_universe *u, int package)
{
	return pool_id2str(u->pool, u->pool->solvables[package].name);
}

const char *vz_universe_version(const struct vz_universe *u, int package)
{
	return pool_id2str(u->pool, u->pool->solvables[package].evr);
}

const char *vz_universe_arch(const struct vz_universe *u, int package)
{
	return pool_id2str(u->pool, u->pool->solvables[package].arch);
}

bool vz_universe_has_foreign(struct vz_universe *u, const char *name, const char *arch)
{
	Pool *pool = u->pool;
	Id n = pool_str2id(pool, name, 0), a = pool_str2id(pool, arch, 0), p;

	FOR_POOL_SOLVABLES(p)
		if (n && a && pool->solvables[p].name == n && pool->solvables[p].arch == a && !pool_installable(pool, &pool->solvables[p]))
			return true;
	return false;
}

int vz_universe_repo_number(const Solvable *s)
{
	return (int)(intptr_t)s->repo->appdata;
}

void vz_universe_package(struct vz_universe *u, int package, struct vz_package *ret)
{
	Solvable *s = pool_id2solvable(u->pool, package);
	const char *digest, *location = solvable_lookup_location(s, NULL);
	Id type = 0;

	*ret = (struct vz_package){ .name = pool_id2str(u->pool, s->name), .version = pool_id2str(u->pool, s->evr),
				    .arch = pool_id2str(u->pool, s->arch), .location = location ? location : "",
				    .repo = vz_universe_repo_number(s), .present = s->repo == u->present };
	ret->size = solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0);
	ret->priority = (unsigned)solvable_lookup_num(s, u->key_priority, 0);
	ret->mention = (unsigned)solvable_lookup_num(s, u->key_mention, 0);
	digest = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &type);
	if (digest && vz_hash_algo(digest))
		snprintf(ret->digest, sizeof ret->digest, "%s", digest);
}

/* 1: what is there, or is to be in its place; -1: what is not to stay. */
static int rank(const struct vz_universe *u, int package)
{
	if (u->fixes.n && vz_ints_has(&u->fixes, package))
		return 1;
	if (u->pool->solvables[package].repo != u->present)
		return 0;
	return vz_ints_has(&u->replaced, package) ? -1 : 1;
}

int vz_universe_prefer(struct vz_universe *u, int a, int b)
{
	const Solvable *x = u->pool->solvables + a, *y = u->pool->solvables + b;
	int r = rank(u, b) - rank(u, a);

	if (r)
		return r;
	if (x->repo->priority != y->repo->priority)
		return x->repo->priority > y->repo->priority ? -1 : 1;
	r = pool_evrcmp(u->pool, y->evr, x->evr, EVRCMP_COMPARE);
	if (!r)
		r = vz_universe_repo_number(x) - vz_universe_repo_number(y);
	return r ? r : a - b;
}

void vz_universe_names(struct vz_universe *u, void (*each)(void *ctx, const char *name), void *ctx)
{
	Pool *pool = u->pool;
	Id p;

	FOR_POOL_SOLVABLES(p)
		each(ctx, pool_id2str(pool, pool->solvables[p].name));
}

int vz_universe_relation(struct vz_universe *u, const char *name, unsigned ops, const char *version)
{
	Id id = pool_str2id(u->pool, name, 0);

	return !id || !ops ? id : pool_rel2id(u->pool, id, pool_str2id(u->pool, version, 1), (int)ops, 1);
}

bool vz_universe_version_ok(struct vz_universe *u, int package, unsigned ops, const char *version)
{
	Solvable *s = u->pool->solvables + package;

	return pool_match_nevr(u->pool, s, pool_rel2id(u->pool, s->name, pool_str2id(u->pool, version, 1), (int)ops, 1));
}

bool vz_universe_is_plain(const struct vz_universe *u, int dep)
{
	(void)u;
	return !ISRELDEP(dep);
}

bool vz_universe_is_rich(const struct vz_universe *u, int dep)
{
	for (; ISRELDEP(dep); dep = GETRELDEP(u->pool, dep)->name) {
		const Reldep *r = GETRELDEP(u->pool, dep);

		if (r->flags > 7 && (r->flags != REL_OR || vz_universe_is_rich(u, r->evr)) && r->flags != REL_MULTIARCH)
			return true;
	}
	return false;
}

char *vz_universe_dep_text(struct vz_universe *u, int dep)
{
	struct vz_buf b = {0};

	u->family->put_dep(u, dep, &b);
	return vz_buf_steal(&b);
}

const char *vz_universe_dep_name(struct vz_universe *u, int dep)
{
	while (ISRELDEP(dep))
		dep = GETRELDEP(u->pool, dep)->name;
	return pool_id2str(u->pool, dep);
}

void vz_universe_deps(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret)
{
	Solvable *s = pool_id2solvable(u->pool, package);

	if (kind == VZ_DEP_CONFLICTS)
		for (const Id *id = s->conflicts ? s->repo->idarraydata + s->conflicts : NULL; id && *id; id++)
			vz_ints_add(ret, *id);
	else
		u->family->add_needs(u, package, kind, ret);
}

void vz_universe_alternatives(struct vz_universe *u, int dep, struct vz_ints *ret)
{
	while (ISRELDEP(dep) && GETRELDEP(u->pool, dep)->flags == REL_OR) {
		vz_ints_add(ret, GETRELDEP(u->pool, dep)->name);
		dep = GETRELDEP(u->pool, dep)->evr;
	}
	vz_ints_add(ret, dep);
}

void vz_universe_providers(struct vz_universe *u, int dep, struct vz_ints *ret)
{
	Pool *pool = u->pool;
	Id p, pp;

	FOR_PROVIDES(p, pp, dep)
		vz_ints_add(ret, p);
}

void vz_universe_named(struct vz_universe *u, const char *name, struct vz_ints *ret)
{
	Pool *pool = u->pool;
	Id id = pool_str2id(pool, name, 0), p, pp;

	if (!id)
		return;
	FOR_PROVIDES(p, pp, id)
		if (pool->solvables[p].name == id)
			vz_ints_add(ret, p);
}

/* One of the targets by its own name: what it provides does not count. */
static bool obsoletes_one(Pool *pool, const Solvable *s, const Map *targets)
{
	for (const Id *dep = s->obsoletes ? s->repo->idarraydata + s->obsoletes : NULL; dep && *dep; dep++) {
		Id p, pp;

		FOR_PROVIDES(p, pp, *dep)
			if (MAPTST(targets, p) && pool_match_nevr(pool, pool->solvables + p, *dep))
				return true;
	}
	return false;
}

void vz_universe_obsoleters(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret)
{
	Map targets, known;

	map_init(&targets, u->pool->nsolvables);
	map_init(&known, u->pool->nsolvables);
	for (size_t i = 0; i < packages->n; i++)
		MAPSET(&targets, packages->v[i]);
	for (size_t i = 0; i < ret->n; i++)
		MAPSET(&known, ret->v[i]);
	for (int p = vz_universe_next(u, 0); p; p = vz_universe_next(u, p))
		if (!MAPTST(&known, p) && obsoletes_one(u->pool, u->pool->solvables + p, &targets))
			vz_ints_add(ret, p);
	map_free(&targets);
	map_free(&known);
}
