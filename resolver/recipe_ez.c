/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/recipe_ez.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "resolver/ini.h"
#include "resolver/recipe_ez_repo.h"

#define MAX_SUMMARY 160

static const struct { const char *name, *why; } meaningless[] = {
	{ "pre-cache", "it prepared a directory for a package manager of the host, and none is used" },
	{ "pre-install", "packages are put together before anything runs" },
	{ "mid-pre-install", "packages are put together at once, and there is no middle" },
	{ "mid-post-install", "packages are put together at once, and there is no middle" },
	{ "pre-install-hn", "nothing of a template runs on the host" },
	{ "post-install-hn", "nothing of a template runs on the host" },
	{ "pre-update", "an update is a new composition" },
	{ "post-update", "an update is a new composition" },
	{ "pre-upgrade", "an upgrade is a new composition" },
	{ "post-upgrade", "an upgrade is a new composition" },
	{ "pre-remove", "removing is a new composition" },
	{ "post-remove", "removing is a new composition" },
	{ "distribution", "it chose vzctl's scripts for the container's network" },
	{ "environment", "it was for a package manager of the host, and none is used" },
	{ "osrelease", "an environment sees the kernel release of the host" },
	{ "technologies", "what the kernel can do is found out at run time" },
	{ "jquota", "environments have no disk quota of that kind" },
	{ "cache_type", "environments have no disk image" },
	{ "golden_image", "compositions are always shared" },
	{ "no_pkg_actions", "vzpkg decides by what an environment was made from" },
	{ "multiarch", "other architectures come in only where a package is named with its own" },
	{ "upgradable_versions", "'vzpkg upgrade' goes to any template whose packages allow it" },
	{ "ct2vm", "there are no virtual machines" },
	{ "nodes", "templates are not bound to hosts" },
	{ "version", "versions of a template are counted" },
	{ "release", "versions of a template are counted" },
	{ "license", "packages have licences of their own" },
	{ "changelog", "the history of a template is its versions" },
	{ "requires", "no package manager environment is needed" },
};

static const char *const texts[] = {
	"packages", "packages_0", "packages_1", "package_manager", "repositories", "zypp_repositories", "mirrorlist", "summary",
	"description", "vzpkg.ini", "url.map",
};

/* What stood in for the kernel and the like in the original's containers; no distribution has it. */
static const char *const stand_ins[] = { "vzdummy-*", "vz-dummy-*", "vzdev", "vzdevs", "vzdevs-*" };

bool vz_ez_line(const struct vz_ez_file *f, const char **p, unsigned *line, char **ret)
{
	const char *end = f->text + f->len;

	while (*p < end) {
		const char *nl = memchr(*p, '\n', (size_t)(end - *p)), *stop = nl ? nl : end, *from = *p;

		*p = nl ? nl + 1 : end;
		++*line;
		while (from < stop && isspace((unsigned char)*from))
			from++;
		while (from < stop && isspace((unsigned char)stop[-1]))
			stop--;
		if (from == stop || *from == '#')
			continue;
		*ret = vz_strndup(from, (size_t)(stop - from));
		return true;
	}
	return false;
}

static const struct vz_ez_file *own_or_inherited(const struct vz_ez *ez, const char *name)
{
	const struct vz_ez_file *f = vz_ez_file(ez, name, false);

	return f ? f : vz_ez_file(ez, name, true);
}

/* The first line that says something, to be freed, or NULL. */
static char *value_of(const struct vz_ez_file *f, unsigned *ret_line)
{
	const char *p = f ? f->text : NULL;
	char *value = NULL;

	*ret_line = 0;
	if (f)
		vz_ez_line(f, &p, ret_line, &value);
	return value;
}

__attribute__((format(printf, 2, 3)))
static void note(struct vz_recipe *r, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vz_vprintf(fmt, ap);
	va_end(ap);
	vz_recipe_add(&r->notes, &r->n_notes, text, strlen(text));
}

static const char *arch_of(const char *word)
{
	if (strcmp(word, "x86") == 0)
		return "i686";
	for (size_t i = 0; vz_recipe_archs[i]; i++)
		if (strcmp(vz_recipe_archs[i], word) == 0)
			return vz_recipe_archs[i];
	return NULL;
}

/* Family and architecture. */
static int take_package_manager(struct vz_ez_reading *in, struct vz_err *err)
{
	const struct vz_ez *ez = in->ez;
	const struct vz_ez_file *f = own_or_inherited(ez, "package_manager");
	unsigned line;
	auto_free char *word = value_of(f, &line);
	const char *said = ez->arch ? arch_of(ez->arch) : NULL, *arch = NULL;

	if (word) {
		in->family = strncmp(word, "rpm", 3) == 0 ? VZ_FAMILY_RPM : strncmp(word, "dpkg", 4) == 0 ? VZ_FAMILY_DEB :
			     VZ_FAMILY_UNKNOWN;
		if (!in->family)
			return vz_err_set(err, VZ_USAGE, "%s:%u: package manager '%s', expected a word that begins with rpm or dpkg, "
					  "such as rpm49x64 or dpkgx64", f->path, line, word);
		arch = strstr(word, "x64") ? "x86_64" : strstr(word, "x86") ? "i686" : NULL;
		if (arch && said && strcmp(arch, said) != 0)
			return vz_err_set(err, VZ_USAGE, "%s:%u: package manager '%s' is for %s, but the template is for %s", f->path,
					  line, word, arch, ez->arch);
	} else if (!vz_ez_is_app(in)) {
		vz_err_set(err, VZ_USAGE, "%s:1: the template has no package manager", ez->path);
		return vz_err_hint(err, "write the word rpm49x64 or dpkgx64, or one of the original's, into %s/%spackage_manager",
				   ez->dir, ez->flat ? "os_" : "");
	}
	if (ez->arch && !said)
		return vz_err_set(err, VZ_USAGE, "%s:1: architecture '%s' of the path, expected x86, x86_64 or another of vzpkg's",
				  ez->path, ez->arch);
	in->r->arch = vz_strdup(said ? said : arch);
	in->r->releasever = vz_strdup(ez->version);
	return 0;
}

static int take_name(struct vz_ez_reading *in, struct vz_err *err)
{
	const struct vz_ez *ez = in->ez;
	const char *slash = strrchr(ez->dir, '/');
	auto_free char *name = NULL, *set = vz_printf("%s%s", ez->set ? "-" : "", ez->set ? ez->set : "");

	if (ez->app)
		name = vz_printf("%s%s", ez->app, set);
	else if (ez->os && ez->version && ez->arch)
		name = vz_printf("%s-%s-%s%s", ez->os, ez->version, ez->arch, set);
	else
		name = vz_strdup(slash ? slash + 1 : ez->dir);
	if (strlen(name) > 3 && strcmp(name + strlen(name) - 3, "-ez") == 0)
		name[strlen(name) - 3] = 0;
	if (!vz_name_is_sane(name))
		return vz_err_set(err, VZ_USAGE, "%s:1: template name '%s' of the path, expected letters, digits, '.', '_' and '-'",
				  ez->path, name);
	in->r->name = steal(&name);
	in->r->kind = vz_strdup(ez->app ? "app" : "os");
	return 0;
}

static void take_summary(struct vz_ez_reading *in)
{
	const struct vz_ez_file *summary = vz_ez_file(in->ez, "summary", false), *more = vz_ez_file(in->ez, "description", false);
	unsigned line, more_line;
	auto_free char *text = value_of(summary, &line), *described = value_of(more, &more_line);

	if (text && described && strcmp(text, described) != 0)
		note(in->r, "%s: ignored because a template has one sentence about it, and that is its summary", more->path);
	in->r->summary = vz_strdup(text ? text : described);
	if (in->r->summary && strlen(in->r->summary) > MAX_SUMMARY) {
		size_t n = MAX_SUMMARY;

		while (n && ((unsigned char)in->r->summary[n] & 0xc0) == 0x80)
			n--;
		in->r->summary[n] = 0;
		note(in->r, "%s: cut because a summary has at most %d bytes", text ? summary->path : more->path, MAX_SUMMARY);
	}
}

static bool is_stand_in(const char *item)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (fnmatch(stand_ins[i], item, 0) == 0)
			return true;
	return false;
}

static void add_package(struct vz_ez_reading *in, const char *item)
{
	const struct vz_ez *ez = in->ez;
	struct vz_recipe *r = in->r;

	if (!r->n_packages) {
		r->packages = vz_alloc(sizeof *r->packages);
		r->packages->recommends = -1;
		if (ez->app && ez->os && ez->version && ez->arch)
			r->packages->template_glob = vz_printf("%s-%s-%s*", ez->os, ez->version, ez->arch);
		r->n_packages = 1;
	}
	vz_recipe_add(&r->packages->install, &r->packages->n_install, item, strlen(item));
}

static int take_packages(struct vz_ez_reading *in, const char *file, struct vz_err *err)
{
	const struct vz_ez_file *f = vz_ez_file(in->ez, file, false);
	const char *p = f ? f->text : NULL;
	unsigned line = 0;
	char *text;

	while (f && vz_ez_line(f, &p, &line, &text)) {
		auto_free char *owned = text;
		const char *q = owned, *word;
		size_t len;

		while ((word = vz_recipe_word(&q, &len))) {
			auto_free char *item = vz_strndup(word, len);

			if (!vz_recipe_package_ok(item, in->family))
				return vz_err_set(err, VZ_USAGE, "%s:%u: package '%s', expected names separated by white space",
						  f->path, line, item);
			if (is_stand_in(item))
				note(in->r, "%s:%u: package '%s' ignored because it stood in for what a container had not",
				     f->path, line, item);
			else
				add_package(in, item);
		}
	}
	return 0;
}

static void take_script(struct vz_ez_reading *in, const char *when)
{
	const struct vz_ez_file *f = vz_ez_file(in->ez, when, false);
	struct vz_recipe *r = in->r;
	auto_buf struct vz_buf text = {0};
	const char *slash;
	size_t len;

	if (!f || !f->len)
		return;
	slash = strrchr(f->path, '/');
	/* the original gave scripts to a shell */
	if (strncmp(f->text, "#!", 2) != 0)
		vz_buf_puts(&text, "#!/bin/bash\n");
	vz_buf_add(&text, f->text, f->len);
	len = text.len;
	r->scripts = vz_realloc(r->scripts, r->n_scripts + 1, sizeof *r->scripts);
	r->scripts[r->n_scripts++] = (struct vz_recipe_script){
		.when = vz_strdup(when), .name = vz_strdup(slash ? slash + 1 : f->path), .len = len, .text = vz_buf_steal(&text) };
	if (strcmp(when, "post-cache") == 0)
		note(r, "%s: runs inside the environment with / as its argument, and sees nothing of the host", f->path);
}

static bool is_text(const char *name)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i], name) == 0)
			return true;
	return false;
}

static void note_the_rest(struct vz_ez_reading *in)
{
	for (size_t i = 0; i < in->ez->n_files; i++) {
		const struct vz_ez_file *f = &in->ez->files[i];
		const char *why = "vzpkg knows no file of that name in a template";
		bool taken = is_text(f->name) || strcmp(f->name, "post-cache") == 0 || strcmp(f->name, "post-install") == 0;

		for (size_t k = 0; k < sizeof meaningless / sizeof *meaningless; k++)
			if (strcmp(f->name, meaningless[k].name) == 0)
				why = meaningless[k].why;
		if (!taken && !f->inherited && f->len)
			note(in->r, "%s: ignored because %s", f->path, why);
	}
}

/* What would otherwise be said of the recipe's words, which the administrator did not write. */
static int check_trust(const struct vz_ez_reading *in, struct vz_err *err)
{
	for (size_t i = 0; i < in->r->n_repos; i++) {
		const struct vz_recipe_repo *repo = &in->r->repos[i];

		if (repo->key || repo->unsigned_ok)
			continue;
		vz_err_set(err, VZ_USAGE, "%s:%u: repository '%s' has no key, and an EZ template cannot name one", repo->file,
			   repo->line, repo->id);
		return vz_err_hint(err, "write the lines '[repositories]' and 'key = KEYRING' into %s/%s%svzpkg.ini, with the file "
				   "that holds the distribution's key; or 'trust = unsigned', if you accept that nobody signs",
				   in->ez->dir, !in->ez->flat ? "" : in->ez->app ? in->ez->app : "os", in->ez->flat ? "_" : "");
	}
	return 0;
}

struct vz_recipe *vz_recipe_ez_parse(const struct vz_ez *ez, struct vz_err *err)
{
	static const char *const lists[] = { "packages_0", "packages_1", "packages" };
	auto_recipe struct vz_recipe *r = vz_new(struct vz_recipe);
	__attribute__((cleanup(vz_ez_reading_release))) struct vz_ez_reading in = { .ez = ez, .r = r };

	r->path = vz_strdup(ez->path);
	r->keep = 5;
	for (size_t i = 0; i < ez->n_files; i++)
		if (is_text(ez->files[i].name) && vz_ini_check(ez->files[i].text, ez->files[i].len, ez->files[i].path, err) < 0)
			return NULL;
	if (!vz_ez_file(ez, "packages", false)) {
		vz_err_set(err, VZ_USAGE, "%s:1: the template has no file 'packages'", ez->path);
		return NULL;
	}
	if (take_package_manager(&in, err) < 0 || take_name(&in, err) < 0 || vz_ez_take_repositories(&in, err) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (take_packages(&in, lists[i], err) < 0)
			return NULL;
	take_summary(&in);
	take_script(&in, "post-cache");
	take_script(&in, "post-install");
	note_the_rest(&in);
	if (vz_ez_take_ini(&in, err) < 0 || check_trust(&in, err) < 0 || vz_recipe_finish(r, err) < 0)
		return NULL;
	return steal(&r);
}
