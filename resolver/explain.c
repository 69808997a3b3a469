/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The solver's reasons in words: which request, which package, which version, which repository. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "resolver/solve.h"

#define CLAUSES 8                    /* in one message */

struct text {
	struct vz_universe *u;
	const struct vz_recipe *recipe;
	const struct vz_asked_list *asked;
	struct vz_reason *reasons;       /* requests first, in the recipe's order */
	size_t n;
	struct vz_ints known;            /* packages that were spoken of already */
	struct vz_buf b;
	unsigned clauses;
};

static const struct vz_asked *asked_by(const struct text *t, const struct vz_reason *r)
{
	return &t->asked->v[r->job];
}

static void put_package(struct text *t, int package)
{
	struct vz_package p;

	vz_universe_package(t->u, package, &p);
	vz_buf_printf(&t->b, "'%s %s' ", p.name, p.version);
	if (p.present)
		vz_buf_puts(&t->b, "(there already)");
	else
		vz_buf_printf(&t->b, "(repository '%s')", t->recipe->repos[p.repo].id);
}

/* The best package of a name, else the best that provides it; 0: neither. */
static int best_of(struct vz_universe *u, const char *name, bool provided)
{
	auto_ints struct vz_ints found = {0};
	int dep = vz_universe_relation(u, name, 0, NULL), best = 0;

	if (!provided)
		vz_universe_named(u, name, &found);
	else if (dep)
		vz_universe_providers(u, dep, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!best || vz_universe_prefer(u, found.v[i], best) < 0)
			best = found.v[i];
	return best;
}

/* What there is of a name instead of what is needed. */
static void put_nearest_name(struct text *t, int dep)
{
	const char *name = vz_universe_dep_name(t->u, dep), *colon = strchr(name, ':');
	auto_free char *plain = vz_strndup(name, colon ? (size_t)(colon - name) : strlen(name));
	auto_free char *streams = vz_universe_streams_of(t->u, plain);
	bool any = colon && strcmp(colon, ":any") == 0;
	int package = colon && !any ? 0 : best_of(t->u, plain, false);
	int provider = package ? 0 : best_of(t->u, name, true);

	if (vz_is_excluded(t->recipe, plain))
		vz_buf_puts(&t->b, ", which the recipe excludes");
	else if (!package && !provider && streams)
		vz_buf_printf(&t->b, ", which is only in streams of modules that the recipe does not enable: %s", streams);
	else if (!package && !provider)
		vz_buf_puts(&t->b, ", which is in no repository of the recipe");
	else
		vz_buf_puts(&t->b, package && !any ? ", of which there is only " : ", but ");
	if (!package && !provider)
		return;
	put_package(t, package ? package : provider);
	if (any)
		vz_buf_puts(&t->b, " is not 'Multi-Arch: allowed'");
	else if (provider)
		vz_buf_puts(&t->b, " provides no such version of it");
}

/* What there is instead of a dependency that nothing meets. */
static void put_nearest(struct text *t, int dep)
{
	if (vz_universe_is_rich(t->u, dep))
		vz_buf_puts(&t->b, ", which no package in the recipe's repositories meets");
	else
		put_nearest_name(t, dep);
}

static void put_asked(struct text *t, const struct vz_asked *a)
{
	if (a->group && *a->group)
		vz_buf_printf(&t->b, "group '@%s' has '%s'", a->group, a->text);
	else
		vz_buf_printf(&t->b, "%s '%s'", a->group ? "every system needs" : "the recipe asks for", a->text);
}

static void put_reason(struct text *t, const struct vz_reason *r)
{
	auto_free char *dep = r->dep ? vz_universe_dep_text(t->u, r->dep) : NULL;

	if (t->clauses++)
		vz_buf_puts(&t->b, "; ");
	if (r->package)
		put_package(t, r->package);
	switch (r->why) {
	case VZ_WHY_ASKED:
		put_asked(t, asked_by(t, r));
		break;
	case VZ_WHY_NEEDS:
		vz_buf_printf(&t->b, " needs '%s'", dep);
		break;
	case VZ_WHY_NEEDS_NONE:
		vz_buf_printf(&t->b, " needs '%s'", dep);
		put_nearest(t, r->dep);
		break;
	case VZ_WHY_CONFLICTS:
		vz_buf_printf(&t->b, " conflicts with '%s'", dep);
		if (r->other && r->other != r->package) {
			vz_buf_puts(&t->b, ", which is ");
			put_package(t, r->other);
		}
		break;
	case VZ_WHY_OBSOLETES:
		vz_buf_puts(&t->b, " takes the place of ");
		put_package(t, r->other);
		break;
	case VZ_WHY_SAME_NAME:
		vz_buf_puts(&t->b, " and ");
		put_package(t, r->other);
		vz_buf_puts(&t->b, " cannot both be installed");
		break;
	case VZ_WHY_NO:
		vz_buf_puts(&t->b, " cannot be installed on this architecture");
		break;
	}
}

/* Has what a reason speaks of been introduced by one before it. */
static bool follows(const struct text *t, const struct vz_reason *r)
{
	return r->why == VZ_WHY_ASKED || vz_ints_has(&t->known, r->package) ||
	       (r->other && r->why != VZ_WHY_CONFLICTS && vz_ints_has(&t->known, r->other));
}

static void introduce(struct text *t, const struct vz_reason *r)
{
	const struct vz_ints *packages = r->why == VZ_WHY_ASKED ? &asked_by(t, r)->packages : NULL;

	for (size_t i = 0; packages && i < packages->n; i++)
		vz_ints_add(&t->known, packages->v[i]);
	if (r->why == VZ_WHY_NEEDS)
		vz_universe_providers(t->u, r->dep, &t->known);
}

/* The next to say: from each package to what it needs, only then what it refuses. `n`: nothing follows. */
static size_t next_reason(const struct text *t, const bool *said)
{
	for (int refusals = 0; refusals < 2; refusals++)
		for (size_t i = 0; i < t->n; i++)
			if (!said[i] && follows(t, &t->reasons[i]) && (refusals || t->reasons[i].why <= VZ_WHY_NEEDS))
				return i;
	return t->n;
}

static void put_chain(struct text *t)
{
	auto_free bool *said = vz_alloc(t->n + 1);

	/* the first request is in the head of the message */
	if (t->n > 1 && t->reasons[0].why == VZ_WHY_ASKED) {
		said[0] = true;
		introduce(t, &t->reasons[0]);
	}
	for (size_t left = t->n - said[0]; left; left--) {
		size_t i = next_reason(t, said);

		for (size_t k = 0; i == t->n; k++)
			if (!said[k])
				i = k;
		if (t->clauses == CLAUSES) {
			vz_buf_puts(&t->b, "; …");
			return;
		}
		put_reason(t, &t->reasons[i]);
		introduce(t, &t->reasons[i]);
		said[i] = true;
	}
}

/* The recipe's requests first, then what every system has. */
static size_t rank(const struct vz_reason *r)
{
	return r->why == VZ_WHY_ASKED ? r->job : SIZE_MAX;
}

/* By rank, else as the solver gave them. There are few. */
static void sort_reasons(struct text *t)
{
	for (size_t i = 1; i < t->n; i++)
		for (size_t k = i; k && rank(&t->reasons[k]) < rank(&t->reasons[k - 1]); k--) {
			struct vz_reason r = t->reasons[k];

			t->reasons[k] = t->reasons[k - 1];
			t->reasons[k - 1] = r;
		}
}

int vz_explain(struct vz_universe *u, const struct vz_recipe *r, const struct vz_asked_list *asked, const struct vz_solution *s,
	       struct vz_err *err)
{
	struct text t = { .u = u, .recipe = r, .asked = asked, .n = s->n_reasons };
	const struct vz_asked *first = NULL;

	t.reasons = vz_memdup(s->reasons, s->n_reasons * sizeof *s->reasons);
	sort_reasons(&t);
	if (t.n && t.reasons[0].why == VZ_WHY_ASKED)
		first = asked_by(&t, &t.reasons[0]);
	put_chain(&t);
	vz_err_set(err, VZ_UNRESOLVED, "'%s'%s%s%s cannot be installed: %s", first ? first->name : r->name,
		   first && first->group && *first->group ? " of group '@" : "", first && first->group ? first->group : "",
		   first && first->group && *first->group ? "'" : "", t.b.data ? t.b.data : "no solution was found");
	free(t.reasons);
	vz_ints_release(&t.known);
	vz_buf_release(&t.b);
	return -1;
}
