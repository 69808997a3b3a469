/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/order.h"

#include <string.h>

struct node {
	int package;
	const char *name;
	struct vz_ints needs;        /* nodes; the first `n_strict` must have come before */
	size_t n_strict;
	unsigned number, low;        /* Tarjan: when it was met, and the oldest it leads back to */
	size_t next;                 /* the next of `needs` to follow */
	bool on_stack, done;
};

struct graph {
	struct node *nodes;
	size_t n;
	struct vz_ints stack, path;
	unsigned numbers;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

/* The node that meets a dependency: the first in the order of alternatives. -1: none of these. */
static int node_for(struct vz_universe *u, int dep, const int *node_of)
{
	auto_ints struct vz_ints alternatives = {0};

	vz_universe_alternatives(u, dep, &alternatives);
	for (size_t i = 0; i < alternatives.n; i++) {
		auto_ints struct vz_ints providers = {0};
		int best = -1;

		vz_universe_providers(u, alternatives.v[i], &providers);
		for (size_t k = 0; k < providers.n; k++) {
			int node = node_of[providers.v[k]] - 1;

			if (node >= 0 && (best < 0 || node < best))
				best = node;
		}
		if (best >= 0)
			return best;
	}
	return -1;
}

static void add_needs(struct vz_universe *u, struct graph *g, const int *node_of)
{
	for (size_t i = 0; i < g->n; i++) {
		struct node *node = &g->nodes[i];

		for (enum vz_dep kind = VZ_DEP_PRE; kind <= VZ_DEP_REQUIRES; kind++) {
			auto_ints struct vz_ints deps = {0};

			vz_universe_deps(u, node->package, kind, &deps);
			for (size_t k = 0; k < deps.n; k++) {
				int to = node_for(u, deps.v[k], node_of);

				if (to >= 0 && to != (int)i && !vz_ints_has(&node->needs, to))
					vz_ints_add(&node->needs, to);
			}
			if (kind == VZ_DEP_PRE)
				node->n_strict = node->needs.n;
		}
	}
}

/* How many of a node's needs have not come yet and are in the same circle. */
static size_t waiting(const struct graph *g, const struct node *node, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !g->nodes[node->needs.v[i]].done;
	return count;
}

/* All needs from outside the circle have come already. */
static void emit_circle(struct graph *g, const struct vz_ints *circle, struct vz_ints *ret)
{
	for (size_t left = circle->n; left; left--) {
		struct node *best = NULL;
		size_t best_strict = 0, best_all = 0;

		for (size_t i = 0; i < circle->n; i++) {
			struct node *node = &g->nodes[circle->v[i]];
			size_t strict = waiting(g, node, node->n_strict), all = waiting(g, node, node->needs.n);

			if (node->done)
				continue;
			if (!best || strict < best_strict || (strict == best_strict && (all < best_all ||
			    (all == best_all && node < best)))) {
				best = node;
				best_strict = strict;
				best_all = all;
			}
		}
		best->done = true;
		vz_ints_add(ret, best->package);
	}
}

static void enter(struct graph *g, int i)
{
	g->nodes[i].number = g->nodes[i].low = ++g->numbers;
	g->nodes[i].on_stack = true;
	vz_ints_add(&g->stack, i);
	vz_ints_add(&g->path, i);
}

static void leave(struct graph *g, int i, struct vz_ints *ret)
{
	auto_ints struct vz_ints circle = {0};
	struct node *node = &g->nodes[i];
	int member;

	g->path.n--;
	if (g->path.n) {
		struct node *parent = &g->nodes[g->path.v[g->path.n - 1]];

		if (node->low < parent->low)
			parent->low = node->low;
	}
	if (node->low != node->number)
		return;
	do {
		member = g->stack.v[--g->stack.n];
		g->nodes[member].on_stack = false;
		vz_ints_add(&circle, member);
	} while (member != i);
	emit_circle(g, &circle, ret);
}

/* Tarjan's strongly connected components, which come with what they need before them. Without recursion:
 * chains are as long as a repository likes. */
static void visit(struct graph *g, int start, struct vz_ints *ret)
{
	enter(g, start);
	while (g->path.n) {
		int i = g->path.v[g->path.n - 1];
		struct node *node = &g->nodes[i];

		if (node->next == node->needs.n) {
			leave(g, i, ret);
		} else {
			struct node *to = &g->nodes[node->needs.v[node->next++]];

			if (!to->number)
				enter(g, (int)(to - g->nodes));
			else if (to->on_stack && to->number < node->low)
				node->low = to->number;
		}
	}
}

void vz_order_deb(struct vz_universe *u, const struct vz_ints *packages, struct vz_ints *ret)
{
	auto_free int *node_of = vz_alloc((size_t)vz_universe_count(u) * sizeof *node_of);
	struct graph g = { .nodes = vz_alloc((packages->n + 1) * sizeof *g.nodes), .n = packages->n };

	for (size_t i = 0; i < g.n; i++) {
		g.nodes[i].package = packages->v[i];
		g.nodes[i].name = vz_universe_name(u, packages->v[i]);
	}
	qsort(g.nodes, g.n, sizeof *g.nodes, by_name);
	for (size_t i = 0; i < g.n; i++)
		node_of[g.nodes[i].package] = (int)i + 1;
	add_needs(u, &g, node_of);
	for (size_t i = 0; i < g.n; i++)
		if (!g.nodes[i].number)
			visit(&g, (int)i, ret);
	for (size_t i = 0; i < g.n; i++)
		vz_ints_release(&g.nodes[i].needs);
	vz_ints_release(&g.stack);
	vz_ints_release(&g.path);
	free(g.nodes);
}
