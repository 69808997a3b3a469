/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `dnf install WHAT` means.  As in libdnf's Query::filterSubject(), the
 * first reading that any package has counts: NAME-[E:]V-R.ARCH, NAME.ARCH,
 * NAME, NAME-[E:]V-R, NAME-[E:]V, each part perhaps a pattern; then what
 * packages provide; then a path of a file.  And @GROUP.
 */
#include "resolver/find.h"

#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"

/* Parts of a package's identity; NULL: any. */
struct parts {
	char *name, *epoch, *version, *release, *arch;
};

static void parts_release(struct parts *p)
{
	free(p->name);
	free(p->epoch);
	free(p->version);
	free(p->release);
	free(p->arch);
}

/* Cuts what stands behind the last `c` off `s`, to be freed; NULL: there is none, or nothing before or behind it. */
static char *cut_last(char *s, char c)
{
	char *at = strrchr(s, c);

	if (!at || at == s || !at[1])
		return NULL;
	*at = 0;
	return vz_strdup(at + 1);
}

/* "E:V" or "V"; takes over `text`. */
static void take_version(struct parts *p, char *text)
{
	char *colon = strchr(text, ':');

	p->version = colon ? vz_strdup(colon + 1) : text;
	if (!colon)
		return;
	*colon = 0;
	p->epoch = text;
}

enum { FORM_VERSION = 1, FORM_RELEASE = 2, FORM_ARCH = 4 };

/* False if the text has no such form. */
static bool parse_form(const char *text, unsigned form, struct parts *ret)
{
	char *version = NULL;

	memset(ret, 0, sizeof *ret);
	ret->name = vz_strdup(text);
	if (form & FORM_ARCH && !(ret->arch = cut_last(ret->name, '.')))
		return false;
	if (form & FORM_RELEASE && !(ret->release = cut_last(ret->name, '-')))
		return false;
	if (form & FORM_VERSION && !(version = cut_last(ret->name, '-')))
		return false;
	if (version)
		take_version(ret, version);
	return !strchr(ret->name, ':') && !strchr(ret->name, '/') && !strchr(ret->name, '(');
}

static bool part_ok(const char *pattern, const char *text)
{
	return !pattern || fnmatch(pattern, text, 0) == 0;
}

/* `evr` is [E:]V-R. */
static bool evr_ok(const struct parts *p, const char *evr)
{
	const char *colon = strchr(evr, ':'), *rest = colon ? colon + 1 : evr, *dash = strrchr(rest, '-');
	auto_free char *epoch = colon ? vz_strndup(evr, (size_t)(colon - evr)) : vz_strdup("0");
	auto_free char *version = vz_strndup(rest, dash ? (size_t)(dash - rest) : strlen(rest));

	return part_ok(p->epoch, epoch) && part_ok(p->version, version) && part_ok(p->release, dash ? dash + 1 : "");
}

static void add_if(const struct vz_find *f, const struct parts *p, int package, struct vz_ints *ret)
{
	const char *evr = vz_universe_version(f->u, package), *arch = vz_universe_arch(f->u, package);

	if (part_ok(p->arch, arch) && evr_ok(p, evr))
		vz_ints_add(ret, package);
}

static void find_parts(const struct vz_find *f, const struct parts *p, struct vz_ints *ret)
{
	auto_ints struct vz_ints named = {0};

	if (vz_is_pattern(p->name))
		vz_find_matching(f, p->name, &named);
	else
		vz_universe_named(f->u, p->name, &named);
	for (size_t i = 0; i < named.n; i++)
		add_if(f, p, named.v[i], ret);
}

/* The packages of the first form that some have. `ret_exact`: the form has more than a name. */
static void find_forms(const struct vz_find *f, const char *what, struct vz_ints *ret, unsigned *ret_form)
{
	static const unsigned forms[] = { FORM_VERSION | FORM_RELEASE | FORM_ARCH, FORM_ARCH, 0, FORM_VERSION | FORM_RELEASE,
					  FORM_VERSION };

	for (size_t i = 0; i < sizeof forms / sizeof *forms && !ret->n; i++) {
		__attribute__((cleanup(parts_release))) struct parts p;

		if (parse_form(what, forms[i], &p))
			find_parts(f, &p, ret);
		*ret_form = forms[i];
	}
}

static struct vz_asked *ask(struct vz_find *f, const char *what, const struct vz_request *q, const struct vz_ints *packages)
{
	static const char *const ops[] = { "", ">", "=", ">=", "<", "", "<=", "" };
	auto_free char *text = q->ops ? vz_printf("%s %s %s", what, ops[q->ops & 7], q->version) : vz_strdup(what);
	struct vz_asked *asked = vz_asked_add(&f->asked, what, text);

	for (size_t i = 0; i < packages->n; i++)
		vz_ints_add(&asked->packages, packages->v[i]);
	return asked;
}

/* A name that is obsolete means what took its place, too. */
static void ask_with_obsoleters(struct vz_find *f, const char *what, const struct vz_request *q, struct vz_ints *packages)
{
	vz_universe_obsoleters(f->u, packages, packages);
	ask(f, what, q, packages);
}

/* One request for each name among the packages. */
static void ask_each_name(struct vz_find *f, const struct vz_request *q, const struct vz_ints *found, bool obsoletes)
{
	auto_ints struct vz_ints done = {0};

	for (size_t i = 0; i < found->n; i++) {
		auto_ints struct vz_ints same = {0};
		const char *name = vz_universe_name(f->u, found->v[i]);

		if (vz_ints_has(&done, found->v[i]))
			continue;
		for (size_t k = i; k < found->n; k++)
			if (strcmp(vz_universe_name(f->u, found->v[k]), name) == 0) {
				vz_ints_add(&same, found->v[k]);
				vz_ints_add(&done, found->v[k]);
			}
		if (obsoletes)
			ask_with_obsoleters(f, name, q, &same);
		else
			ask(f, name, q, &same);
	}
}

/* Is it NAME.ARCH of a package that is only there for another architecture. */
static int fail_missing(const struct vz_find *f, const char *what, struct vz_err *err)
{
	auto_free char *name = vz_strdup(what), *arch = cut_last(name, '.');

	if (arch && vz_universe_has_foreign(f->u, name, arch))
		return vz_err_set(err, VZ_UNRESOLVED, "package '%s.%s': the recipe's repositories are read for architecture '%s'",
				  name, arch, f->arch);
	return vz_find_missing(f, what, err);
}

static void find_owners(struct vz_find *f, const char *path, struct vz_ints *ret)
{
	vz_universe_owners(f->u, path, ret);
	/* a pattern may match files that short lists leave out, as well as some that they hold */
	f->files_missing = f->files_missing || !ret->n || vz_is_pattern(path);
}

/* Something that packages provide, or a file of theirs. */
static int ask_provided(struct vz_find *f, const struct vz_request *q, struct vz_err *err)
{
	auto_ints struct vz_ints providers = {0}, found = {0};
	int dep = vz_universe_relation(f->u, q->what, q->ops, q->version);

	if (dep)
		vz_universe_providers(f->u, dep, &providers);
	for (size_t i = 0; i < providers.n; i++)
		if (vz_universe_is_usable(f->u, providers.v[i]))
			vz_ints_add(&found, providers.v[i]);
	if (!found.n && *q->what == '/' && !q->ops)
		find_owners(f, q->what, &found);
	if (!found.n)
		return fail_missing(f, q->what, err);
	ask(f, q->what, q, &found);
	return 0;
}

/* NAME OP VERSION. */
static int ask_version(struct vz_find *f, const struct vz_request *q, struct vz_err *err)
{
	auto_ints struct vz_ints named = {0}, good = {0};
	unsigned form;

	find_forms(f, q->what, &named, &form);
	if (!named.n)
		return ask_provided(f, q, err);
	for (size_t i = 0; i < named.n; i++) {
		auto_free char *evr = vz_strdup(vz_universe_version(f->u, named.v[i]));
		char *dash = strrchr(evr, '-');
		bool ok = vz_find_version_ok(f, q, named.v[i]);

		/* a pattern may leave the release out, as a version may */
		if (dash && q->ops == VZ_OP_EQUAL) {
			*dash = 0;
			ok = ok || part_ok(q->version, evr);
		}
		if (ok)
			vz_ints_add(&good, named.v[i]);
	}
	if (!good.n)
		return vz_find_no_version(f, q, q->what, &named, "", err);
	if (vz_is_pattern(q->what))
		ask_each_name(f, q, &good, false);
	else
		ask(f, q->what, q, &good);
	return 0;
}

struct names {
	struct vz_buf b;
	size_t n;
};

static void add_group(void *ctx, const char *name)
{
	struct names *names = ctx;

	if (strncmp(name, VZ_GROUP, strlen(VZ_GROUP)) == 0)
		vz_buf_printf(&names->b, "%s%s", names->n++ ? ", " : "", name + strlen(VZ_GROUP));
}

static int fail_no_group(const struct vz_find *f, const char *id, struct vz_err *err)
{
	struct names names = {0};

	vz_universe_names(f->u, add_group, &names);
	vz_err_set(err, VZ_UNRESOLVED, "group '@%s' is in no repository of the recipe", id);
	if (names.n)
		vz_err_hint(err, "there is: %s", names.b.data);
	else
		vz_err_hint(err, "the recipe's repositories have no groups at all");
	vz_buf_release(&names.b);
	return -1;
}

/* A package that a group lists. What is in no repository is left out, as dnf does: lists are written for many architectures. */
static void ask_member(struct vz_find *f, const char *group, int dep)
{
	const struct vz_request any = {0};
	auto_ints struct vz_ints named = {0};
	const char *name = vz_universe_dep_name(f->u, dep);
	struct vz_asked *asked;

	vz_universe_named(f->u, name, &named);
	if (!named.n)
		return;
	if (vz_universe_is_plain(f->u, dep))
		vz_universe_obsoleters(f->u, &named, &named);
	asked = ask(f, name, &any, &named);
	asked->group = vz_strdup(group);
	asked->dep = vz_universe_is_plain(f->u, dep) ? 0 : dep;
}

static int ask_group(struct vz_find *f, const char *id, struct vz_err *err)
{
	auto_free char *name = vz_printf(VZ_GROUP "%s", id);
	auto_ints struct vz_ints groups = {0}, members = {0};

	vz_universe_named(f->u, name, &groups);
	if (!groups.n)
		return fail_no_group(f, id, err);
	for (size_t i = 0; i < groups.n; i++) {
		vz_universe_deps(f->u, groups.v[i], VZ_DEP_REQUIRES, &members);
		vz_universe_deps(f->u, groups.v[i], VZ_DEP_RECOMMENDS, &members);
	}
	for (size_t i = 0; i < members.n; i++)
		ask_member(f, id, members.v[i]);
	return 0;
}

int vz_find_rpm(struct vz_find *f, const struct vz_request *q, struct vz_err *err)
{
	auto_ints struct vz_ints found = {0};
	unsigned form;

	if (*q->what == '@')
		return ask_group(f, q->what + 1, err);
	if (q->ops)
		return ask_version(f, q, err);
	find_forms(f, q->what, &found, &form);
	if (!found.n)
		return ask_provided(f, q, err);
	if (vz_is_pattern(q->what))
		ask_each_name(f, q, &found, !form);
	else if (!form || form == FORM_ARCH)
		ask_with_obsoleters(f, q->what, q, &found);
	else
		ask(f, q->what, q, &found);
	return 0;
}
