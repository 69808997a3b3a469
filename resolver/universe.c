/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/universe.h"

#include <solv/bitmap.h>
#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/repo_solv.h>
#include <solv/solver.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/fd.h"

struct vz_universe {
	Pool *pool;
	Id key_priority, key_mention, key_needs;
	struct vz_ints excluded;     /* name ids */
	Map considered;
};

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

struct vz_universe *vz_universe_new(const char *family, const char *arch)
{
	struct vz_universe *u = vz_new(struct vz_universe);

	u->pool = pool_create();
	if (strcmp(family, "deb") == 0)
		pool_setdisttype(u->pool, DISTTYPE_DEB);
	pool_setarch(u->pool, arch);
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
	map_free(&u->considered);
	vz_ints_release(&u->excluded);
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

int vz_universe_add(struct vz_universe *u, int repo, int priority, int fd, struct vz_err *err)
{
	Repo *r = repo_of(u->pool, repo);
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

void vz_universe_exclude(struct vz_universe *u, const char *name)
{
	vz_ints_add(&u->excluded, pool_str2id(u->pool, name, 1));
}

void vz_universe_ready(struct vz_universe *u)
{
	Pool *pool = u->pool;
	Id p;

	if (u->excluded.n) {
		map_init(&u->considered, pool->nsolvables);
		map_setall(&u->considered);
		FOR_POOL_SOLVABLES(p)
			if (vz_ints_has(&u->excluded, pool->solvables[p].name))
				MAPCLR(&u->considered, p);
		pool->considered = &u->considered;
	}
	pool_createwhatprovides(pool);
}

int vz_universe_count(const struct vz_universe *u)
{
	return u->pool->nsolvables;
}

const char *vz_universe_name(const struct vz_universe *u, int package)
{
	return pool_id2str(u->pool, u->pool->solvables[package].name);
}

static int repo_number(const Solvable *s)
{
	return (int)(intptr_t)s->repo->appdata;
}

void vz_universe_package(struct vz_universe *u, int package, struct vz_package *ret)
{
	Solvable *s = pool_id2solvable(u->pool, package);
	const char *digest, *location = solvable_lookup_str(s, SOLVABLE_MEDIAFILE);
	Id type = 0;

	*ret = (struct vz_package){ .name = pool_id2str(u->pool, s->name), .version = pool_id2str(u->pool, s->evr),
				    .arch = pool_id2str(u->pool, s->arch), .location = location ? location : "",
				    .repo = repo_number(s) };
	ret->size = solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0);
	ret->priority = (unsigned)solvable_lookup_num(s, u->key_priority, 0);
	ret->mention = (unsigned)solvable_lookup_num(s, u->key_mention, 0);
	digest = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &type);
	if (digest && vz_hash_algo(digest))
		snprintf(ret->digest, sizeof ret->digest, "%s", digest);
}

int vz_universe_prefer(struct vz_universe *u, int a, int b)
{
	const Solvable *x = u->pool->solvables + a, *y = u->pool->solvables + b;
	int r;

	if (x->repo->priority != y->repo->priority)
		return x->repo->priority > y->repo->priority ? -1 : 1;
	r = pool_evrcmp(u->pool, y->evr, x->evr, EVRCMP_COMPARE);
	if (!r)
		r = repo_number(x) - repo_number(y);
	return r ? r : a - b;
}

void vz_universe_names(struct vz_universe *u, void (*each)(void *ctx, const char *name), void *ctx)
{
	Pool *pool = u->pool;
	Id p;

	FOR_POOL_SOLVABLES(p)
		each(ctx, pool_id2str(pool, pool->solvables[p].name));
}

int vz_universe_relation(struct vz_universe *u, const char *name, const char *version)
{
	Id id = pool_str2id(u->pool, name, 0);

	return !id || !version ? id : pool_rel2id(u->pool, id, pool_str2id(u->pool, version, 1), REL_EQ, 1);
}

static void put_relation(struct vz_universe *u, Id dep, struct vz_buf *b)
{
	static const char *const ops[] = { "", ">>", "=", ">=", "<<", "", "<=", "" };   /* by REL_GT, REL_EQ, REL_LT */
	const Reldep *r = ISRELDEP(dep) ? GETRELDEP(u->pool, dep) : NULL;

	if (r && r->flags == REL_OR) {
		put_relation(u, r->name, b);
		vz_buf_puts(b, " | ");
		put_relation(u, r->evr, b);
	} else if (r && r->flags < 8) {
		vz_buf_printf(b, "%s (%s %s)", pool_dep2str(u->pool, r->name), ops[r->flags], pool_id2str(u->pool, r->evr));
	} else {
		vz_buf_puts(b, pool_dep2str(u->pool, dep));
	}
}

char *vz_universe_dep_text(struct vz_universe *u, int dep)
{
	struct vz_buf b = {0};

	put_relation(u, dep, &b);
	return vz_buf_steal(&b);
}

const char *vz_universe_dep_name(struct vz_universe *u, int dep)
{
	while (ISRELDEP(dep))
		dep = GETRELDEP(u->pool, dep)->name;
	return pool_id2str(u->pool, dep);
}

/* In the order written; markers part the kinds. */
static void add_needs(struct vz_universe *u, int package, int skip, struct vz_ints *ret)
{
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

void vz_universe_deps(struct vz_universe *u, int package, enum vz_dep kind, struct vz_ints *ret)
{
	Solvable *s = pool_id2solvable(u->pool, package);

	if (kind == VZ_DEP_CONFLICTS)
		for (const Id *id = s->conflicts ? s->repo->idarraydata + s->conflicts : NULL; id && *id; id++)
			vz_ints_add(ret, *id);
	else
		add_needs(u, package, (int)kind, ret);
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

void vz_solution_release(struct vz_solution *s)
{
	vz_ints_release(&s->packages);
	free(s->reasons);
	memset(s, 0, sizeof *s);
}

static void add_reason(struct vz_solution *s, enum vz_why why, int package, int other, int dep)
{
	vz_grow(s->reasons, s->n_reasons, s->cap_reasons);
	s->reasons[s->n_reasons++] = (struct vz_reason){ why, package, other, dep };
}

static void explain_rule(Solver *solver, Id rule, struct vz_solution *ret)
{
	Id from, to, dep, what = 0;

	switch ((int)solver_ruleinfo(solver, rule, &from, &to, &dep)) {
	case SOLVER_RULE_JOB:
		solver_rule2job(solver, rule, &what);
		add_reason(ret, VZ_WHY_ASKED, 0, 0, what);
		break;
	case SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP:
	case SOLVER_RULE_JOB_UNKNOWN_PACKAGE:
		add_reason(ret, VZ_WHY_NONE, 0, 0, dep);
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
	case SOLVER_RULE_PKG_SAME_NAME:
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

static void collect(Solver *solver, struct vz_solution *ret)
{
	Queue decisions;

	queue_init(&decisions);
	solver_get_decisionqueue(solver, &decisions);
	for (int i = 0; i < decisions.count; i++)
		if (decisions.elements[i] > SYSTEMSOLVABLE)
			vz_ints_add(&ret->packages, decisions.elements[i]);
	queue_free(&decisions);
	if (ret->packages.n)
		qsort(ret->packages.v, ret->packages.n, sizeof *ret->packages.v, by_number);
}

void vz_universe_solve(struct vz_universe *u, const struct vz_job *jobs, size_t n, unsigned flags, struct vz_solution *ret)
{
	static const Id commands[] = { SOLVER_INSTALL | SOLVER_SOLVABLE_NAME, SOLVER_INSTALL | SOLVER_WEAK | SOLVER_SOLVABLE,
				       SOLVER_FAVOR | SOLVER_SOLVABLE };
	Solver *solver = solver_create(u->pool);
	Queue queue;

	memset(ret, 0, sizeof *ret);
	queue_init(&queue);
	for (size_t i = 0; i < n; i++)
		queue_push2(&queue, commands[jobs[i].kind], jobs[i].what);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !(flags & VZ_SOLVE_RECOMMENDS));
	solver_set_flag(solver, SOLVER_FLAG_NO_INFARCHCHECK, 1);
	ret->solved = solver_solve(solver, &queue) == 0;
	if (ret->solved)
		collect(solver, ret);
	else
		explain(solver, ret);
	queue_free(&queue);
	solver_free(solver);
}
