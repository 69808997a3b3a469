/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The solver's reasons in words: which request, which package, which version, which repository. */
#include <string.h>

#include "base/buf.h"
#include "resolver/solve.h"

#define CLAUSES 8                    /* in one message */

struct text {
	struct vz_universe *u;
	const struct vz_recipe *recipe;
	const struct vz_solution *s;
	struct vz_ints known;            /* packages that were spoken of already */
	struct vz_buf b;
	unsigned clauses;
};

/* Is a name asked for by the recipe, or is it there because every system has it. */
static bool is_request(const struct vz_recipe *r, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_install; k++) {
			const char *item = r->packages[i].install[k];

			if (strncmp(item, name, len) == 0 && (!item[len] || item[len] == '=' || item[len] == ':'))
				return true;
		}
	return false;
}

static void put_package(struct text *t, int package)
{
	struct vz_package p;

	vz_universe_package(t->u, package, &p);
	vz_buf_printf(&t->b, "'%s %s' (repository '%s')", p.name, p.version, t->recipe->repos[p.repo].id);
}

/* What there is instead of a dependency that nothing meets. */
static void put_nearest(struct text *t, int dep)
{
	auto_ints struct vz_ints alternatives = {0}, named = {0};
	const char *name;
	int best = 0;

	vz_universe_alternatives(t->u, dep, &alternatives);
	name = vz_universe_dep_name(t->u, alternatives.v[0]);
	for (size_t i = 0; i < t->recipe->n_packages; i++)
		for (size_t k = 0; k < t->recipe->packages[i].n_exclude; k++)
			if (strcmp(t->recipe->packages[i].exclude[k], name) == 0) {
				vz_buf_puts(&t->b, ", which the recipe excludes");
				return;
			}
	vz_universe_named(t->u, name, &named);
	for (size_t i = 0; i < named.n; i++)
		if (!best || vz_universe_prefer(t->u, named.v[i], best) < 0)
			best = named.v[i];
	if (!best) {
		vz_buf_puts(&t->b, ", which is in no repository of the recipe");
		return;
	}
	vz_buf_puts(&t->b, ", of which there is only ");
	put_package(t, best);
}

static void put_reason(struct text *t, const struct vz_reason *r)
{
	if (t->clauses++)
		vz_buf_puts(&t->b, "; ");
	if (r->package)
		put_package(t, r->package);
	switch (r->why) {
	case VZ_WHY_ASKED:
		vz_buf_printf(&t->b, "%s '%s'", is_request(t->recipe, vz_universe_dep_name(t->u, r->dep)) ?
			      "the recipe asks for" : "every system needs", vz_universe_dep_text(t->u, r->dep));
		break;
	case VZ_WHY_NONE:
		vz_buf_printf(&t->b, "'%s' is in no repository of the recipe", vz_universe_dep_text(t->u, r->dep));
		break;
	case VZ_WHY_NEEDS:
		vz_buf_printf(&t->b, " needs '%s'", vz_universe_dep_text(t->u, r->dep));
		break;
	case VZ_WHY_NEEDS_NONE:
		vz_buf_printf(&t->b, " needs '%s'", vz_universe_dep_text(t->u, r->dep));
		put_nearest(t, r->dep);
		break;
	case VZ_WHY_CONFLICTS:
		vz_buf_printf(&t->b, " conflicts with '%s'", vz_universe_dep_text(t->u, r->dep));
		if (r->other && r->other != r->package) {
			vz_buf_puts(&t->b, ", which is ");
			put_package(t, r->other);
		}
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
	return r->why == VZ_WHY_ASKED || r->why == VZ_WHY_NONE || vz_ints_has(&t->known, r->package) ||
	       (r->other && r->why != VZ_WHY_CONFLICTS && vz_ints_has(&t->known, r->other));
}

static void introduce(struct text *t, const struct vz_reason *r)
{
	if (r->why == VZ_WHY_ASKED || r->why == VZ_WHY_NEEDS)
		vz_universe_providers(t->u, r->dep, &t->known);
}

/* Requests first, then from each package to what it needs. */
static void put_chain(struct text *t)
{
	auto_free bool *said = vz_alloc(t->s->n_reasons + 1);
	size_t left = t->s->n_reasons;
	bool forced = false;

	while (left && t->clauses < CLAUSES) {
		bool any = false;

		for (int pass = 0; pass < 2 && !any; pass++)
			for (size_t i = 0; i < t->s->n_reasons && !any; i++) {
				const struct vz_reason *r = &t->s->reasons[i];
				bool opens = r->why == VZ_WHY_ASKED || r->why == VZ_WHY_NEEDS || r->why == VZ_WHY_NONE;

				/* what a package needs is said before what it refuses */
				if (said[i] || (!forced && !follows(t, r)) || (pass == 0 && !opens))
					continue;
				put_reason(t, r);
				introduce(t, r);
				said[i] = any = true;
				left--;
			}
		forced = !any;
	}
	if (left)
		vz_buf_puts(&t->b, "; …");
}

int vz_explain(struct vz_universe *u, const struct vz_recipe *r, const struct vz_solution *s, struct vz_err *err)
{
	struct text t = { .u = u, .recipe = r, .s = s };
	const char *what = NULL;

	for (size_t i = 0; i < s->n_reasons; i++) {
		const char *name = s->reasons[i].why <= VZ_WHY_NONE ? vz_universe_dep_name(u, s->reasons[i].dep) : NULL;

		if (name && (!what || (!is_request(r, what) && is_request(r, name))))
			what = name;
	}
	put_chain(&t);
	vz_err_set(err, VZ_UNRESOLVED, "'%s' cannot be installed: %s", what ? what : r->name, t.b.data ? t.b.data : "");
	vz_ints_release(&t.known);
	vz_buf_release(&t.b);
	return -1;
}
