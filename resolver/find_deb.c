/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `apt-get install WHAT` means: NAME, NAME:ARCH, or a pattern of names. */
#include "resolver/find.h"

#include <string.h>

/* One of the packages `named` has to be in. */
static int ask(struct vz_find *f, const struct vz_request *q, const struct vz_ints *named, struct vz_err *err)
{
	static const char *const ops[] = { "", ">>", "=", ">=", "<<", "", "<=", "" };
	int best = vz_find_best(f, named);
	const char *name = vz_universe_name(f->u, best);
	auto_free char *text = q->ops ? vz_printf("%s (%s %s)", name, ops[q->ops & 7], q->version) : vz_strdup(name);
	struct vz_asked *asked;

	for (size_t i = 0; i < f->asked.n; i++)
		if (strcmp(vz_universe_name(f->u, f->asked.v[i].best), name) == 0) {
			if (f->asked.v[i].best != best)
				return vz_err_set(err, VZ_UNRESOLVED, "package '%s' is asked for in two versions", name);
			return 0;
		}
	asked = vz_asked_add(&f->asked, name, text);
	asked->best = best;
	for (size_t i = 0; i < named->n; i++)
		vz_ints_add(&asked->packages, named->v[i]);
	return 0;
}

/* A name that is no package's but is provided by some: by exactly one, and it is meant. */
static int ask_virtual(struct vz_find *f, const struct vz_request *q, const char *name, struct vz_err *err)
{
	auto_ints struct vz_ints providers = {0}, different = {0}, named = {0};
	auto_free char *list = NULL;
	int dep = vz_universe_relation(f->u, name, 0, NULL);

	if (dep && !q->ops)
		vz_universe_providers(f->u, dep, &providers);
	for (size_t i = 0; i < providers.n; i++) {
		bool seen = false;

		for (size_t k = 0; k < different.n; k++)
			seen = seen || strcmp(vz_universe_name(f->u, different.v[k]), vz_universe_name(f->u, providers.v[i])) == 0;
		if (!seen)
			vz_ints_add(&different, providers.v[i]);
	}
	if (!different.n)
		return vz_find_missing(f, name, err);
	if (different.n == 1) {
		vz_universe_named(f->u, vz_universe_name(f->u, different.v[0]), &named);
		return ask(f, q, &named, err);
	}
	list = vz_find_list(f, &different, false);
	vz_err_set(err, VZ_UNRESOLVED, "package '%s' is virtual, and %zu packages provide it", name, different.n);
	return vz_err_hint(err, "ask for one of: %s", list);
}

/* Asks for a name, which packages have. */
static int ask_name(struct vz_find *f, const struct vz_request *q, const char *name, bool all, struct vz_err *err)
{
	auto_ints struct vz_ints named = {0}, good = {0};

	vz_universe_named(f->u, name, &named);
	if (!named.n)
		return ask_virtual(f, q, name, err);
	for (size_t i = 0; i < named.n; i++) {
		struct vz_package p;

		vz_universe_package(f->u, named.v[i], &p);
		if ((!all || strcmp(p.arch, "all") == 0) && vz_find_version_ok(f, q, named.v[i]))
			vz_ints_add(&good, named.v[i]);
	}
	if (good.n)
		return ask(f, q, &good, err);
	return vz_find_no_version(f, q, name, &named, all ? " for architecture 'all'" : "", err);
}

/* As apt does: every package whose name matches. */
static int ask_pattern(struct vz_find *f, const struct vz_request *q, const char *pattern, bool all, struct vz_err *err)
{
	auto_ints struct vz_ints found = {0};
	const char *last = "";

	vz_find_matching(f, pattern, &found);
	if (!found.n)
		return vz_find_missing(f, pattern, err);
	for (size_t i = 0; i < found.n; i++) {
		const char *name = vz_universe_name(f->u, found.v[i]);

		if (strcmp(name, last) != 0 && ask_name(f, q, name, all, err) < 0)
			return -1;
		last = name;
	}
	return 0;
}

int vz_find_deb(struct vz_find *f, const struct vz_request *q, struct vz_err *err)
{
	size_t len = strcspn(q->what, ":");
	auto_free char *name = vz_strndup(q->what, len);
	const char *arch = q->what[len] ? q->what + len + 1 : NULL;
	bool all = arch && strcmp(arch, "all") == 0;

	if (arch && !all && strcmp(arch, f->arch) != 0 && strcmp(arch, "any") != 0 && strcmp(arch, "native") != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s:%s': the recipe's repositories are read for architecture '%s'",
				  name, arch, f->arch);
	return vz_is_pattern(name) ? ask_pattern(f, q, name, all, err) : ask_name(f, q, name, all, err);
}
