/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpm's order of installation, as libsolv's transaction_order() has it.  What
 * that leaves open it decides by the numbers of packages, which change with
 * every new index; so a pool of its own is made, of these packages by name.
 */
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/transaction.h>
#include <string.h>

#include "resolver/order.h"
#include "resolver/universe_pool.h"

struct copy {
	Pool *from, *to;
	Repo *repo;
};

static Id copy_dep(const struct copy *c, Id dep)
{
	const Reldep *r = ISRELDEP(dep) ? GETRELDEP(c->from, dep) : NULL;
	Id name, evr;

	if (!r)
		return pool_str2id(c->to, pool_id2str(c->from, dep), 1);
	name = copy_dep(c, r->name);
	evr = copy_dep(c, r->evr);
	return pool_rel2id(c->to, name, evr, r->flags, 1);
}

/* Markers have the same numbers in all pools. */
static Offset copy_deps(const struct copy *c, const Solvable *s, Offset from, Id first_marker)
{
	Offset to = 0;
	Id marker = 0;

	for (const Id *dep = from ? s->repo->idarraydata + from : NULL; dep && *dep; dep++) {
		if (*dep == first_marker)
			marker = first_marker;
		else
			to = repo_addid_dep(c->repo, to, copy_dep(c, *dep), marker);
	}
	return to;
}

static Id copy_package(const struct copy *c, int package)
{
	const Solvable *s = c->from->solvables + package;
	Id id = repo_add_solvable(c->repo);
	Solvable *t = c->to->solvables + id;

	t->name = copy_dep(c, s->name);
	t->evr = copy_dep(c, s->evr);
	t->arch = copy_dep(c, s->arch);
	t->provides = copy_deps(c, s, s->provides, SOLVABLE_FILEMARKER);
	t->requires = copy_deps(c, s, s->requires, SOLVABLE_PREREQMARKER);
	return id;
}

/* There are some hundred, and they mostly come sorted. */
static void sort_by_name(struct vz_universe *u, struct vz_ints *packages)
{
	for (size_t i = 1; i < packages->n; i++)
		for (size_t k = i; k; k--) {
			int a = packages->v[k - 1], b = packages->v[k], by = strcmp(vz_universe_name(u, a), vz_universe_name(u, b));

			if (by < 0 || (by == 0 && strcmp(vz_universe_arch(u, a), vz_universe_arch(u, b)) <= 0))
				break;
			packages->v[k - 1] = b;
			packages->v[k] = a;
		}
}

void vz_order_rpm(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret)
{
	struct copy c = { u->pool, pool_create(), NULL };
	auto_ints struct vz_ints sorted = {0};
	Transaction *t;
	Queue decisions;
	Id first = 0;

	pool_setdisttype(c.to, u->family->disttype);
	pool_setarchpolicy(c.to, NULL);
	c.repo = repo_create(c.to, "");
	for (size_t i = 0; i < packages->n; i++)
		vz_ints_add(&sorted, packages->v[i]);
	sort_by_name(u, &sorted);
	queue_init(&decisions);
	for (size_t i = 0; i < sorted.n; i++) {
		Id id = copy_package(&c, sorted.v[i]);

		first = first ? first : id;
		queue_push(&decisions, id);
	}
	pool_createwhatprovides(c.to);
	t = transaction_create_decisionq(c.to, &decisions, NULL);
	transaction_order(t, 0);
	for (int i = 0; i < t->steps.count; i++)
		vz_ints_add(ret, sorted.v[t->steps.elements[i] - first]);
	transaction_free(t);
	queue_free(&decisions);
	pool_free(c.to);
}
