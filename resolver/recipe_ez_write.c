/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "resolver/recipe_check.h"
#include "resolver/recipe_ez.h"

enum listed { NOT_LISTED, REPOSITORIES, MIRRORLIST };

static enum listed kind_of_url(const char *url)
{
	bool mirrors = strncmp(url, "mirrorlist+", 11) == 0, metalink = strncmp(url, "metalink+", 9) == 0;

	/* the list cannot say which of the two it is: the word in the URL decides */
	if (strchr(url, '$') || strncmp(url, "mirror:", 7) == 0 || (mirrors && strstr(url, "metalink")) ||
	    (metalink && !strstr(url + 9, "metalink")))
		return NOT_LISTED;
	return mirrors || metalink ? MIRRORLIST : REPOSITORIES;
}

/* The file of the original that can say all of the repository's URLs. */
static enum listed where(const struct vz_recipe_repo *repo)
{
	enum listed all = kind_of_url(repo->urls[0]);

	for (size_t i = 1; i < repo->n_urls; i++)
		if (kind_of_url(repo->urls[i]) != all)
			return NOT_LISTED;
	return strcmp(repo->type, "deb") == 0 && (repo->n_urls > 1 || all == MIRRORLIST) ? NOT_LISTED : all;
}

static void add_line(struct vz_buf *b, const struct vz_recipe_repo *repo)
{
	for (size_t i = 0; i < repo->n_urls; i++) {
		const char *plus = where(repo) == MIRRORLIST ? strchr(repo->urls[i], '+') + 1 : repo->urls[i];

		vz_buf_printf(b, "%s%s", i ? " " : "", plus);
	}
	if (repo->suite)
		vz_buf_printf(b, " %s", repo->suite);
	for (size_t i = 0; i < repo->n_components; i++)
		vz_buf_printf(b, " %s", repo->components[i]);
	vz_buf_putc(b, '\n');
}

static void names(struct vz_buf *b, const struct vz_recipe *r, enum listed which)
{
	for (size_t i = 0; i < r->n_repos; i++)
		if (where(&r->repos[i]) == which)
			vz_buf_printf(b, "\n    %s", r->repos[i].id);
}

static void add_packages(struct vz_buf *b, const struct vz_recipe_packages *p)
{
	if (!p->template_glob && !p->n_exclude && p->recommends < 0)
		return;
	vz_buf_printf(b, "\n[packages%s%s]\n", p->template_glob ? " " : "", p->template_glob ? p->template_glob : "");
	if (p->template_glob)
		vz_recipe_write_list(b, "install", p->install, p->n_install);
	vz_recipe_write_list(b, "exclude", p->exclude, p->n_exclude);
	if (p->recommends >= 0)
		vz_buf_printf(b, "recommends = %s\n", p->recommends ? "yes" : "no");
}

static char *sidecar(const struct vz_recipe *r)
{
	struct vz_buf b = {0};

	vz_buf_printf(&b, "; what vzpkg knows of this template and the original's files cannot say: vzpkg-recipe(5)\n"
		      "[template]\nname = %s\nkind = %s\narch = %s\nkeep = %u\nauto = %s\n", r->name, r->kind, r->arch, r->keep,
		      vz_recipe_autos[r->automatic - VZ_AUTO_NO]);
	if (r->releasever)
		vz_buf_printf(&b, "releasever = %s\n", r->releasever);
	if (r->n_repos) {
		vz_buf_puts(&b, "\n[repositories]\nnames =");
		names(&b, r, REPOSITORIES);
		names(&b, r, MIRRORLIST);
		vz_buf_puts(&b, "\norder =");
		for (size_t i = 0; i < r->n_repos; i++)
			vz_buf_printf(&b, "\n    %s", r->repos[i].id);
		vz_buf_putc(&b, '\n');
	}
	for (size_t i = 0; i < r->n_repos; i++) {
		vz_buf_printf(&b, "\n[repository %s]\n", r->repos[i].id);
		if (where(&r->repos[i]) == NOT_LISTED)
			vz_recipe_write_source(&b, &r->repos[i]);
		vz_recipe_write_rest(&b, &r->repos[i]);
	}
	for (size_t i = 0; i < r->n_packages; i++)
		add_packages(&b, &r->packages[i]);
	vz_recipe_write_health(&b, &r->health);
	return vz_buf_steal(&b);
}

static int put(int dir, const char *name, const char *text, size_t len, mode_t mode, struct vz_err *err)
{
	return len ? vz_write_file(dir, name, text, len, mode, err) : 0;
}

static int put_line(int dir, const char *name, const char *line, struct vz_err *err)
{
	auto_free char *text = line ? vz_printf("%s\n", line) : NULL;

	return text ? put(dir, name, text, strlen(text), 0644, err) : 0;
}

static int put_repositories(const struct vz_recipe *r, int dir, struct vz_err *err)
{
	auto_buf struct vz_buf repositories = {0}, mirrorlist = {0};

	for (size_t i = 0; i < r->n_repos; i++) {
		enum listed which = where(&r->repos[i]);

		if (which)
			add_line(which == MIRRORLIST ? &mirrorlist : &repositories, &r->repos[i]);
	}
	if (put(dir, "repositories", repositories.data, repositories.len, 0644, err) < 0)
		return -1;
	return put(dir, "mirrorlist", mirrorlist.data, mirrorlist.len, 0644, err);
}

static int put_packages(const struct vz_recipe *r, int dir, struct vz_err *err)
{
	auto_buf struct vz_buf list = {0};

	for (size_t i = 0; i < r->n_packages; i++)
		for (size_t k = 0; !r->packages[i].template_glob && k < r->packages[i].n_install; k++)
			vz_buf_printf(&list, "%s\n", r->packages[i].install[k]);
	/* the file that makes a directory a template, whatever is in it */
	return vz_write_file(dir, "packages", list.data ? list.data : "", list.len, 0644, err);
}

static int put_all(const struct vz_recipe *r, int dir, struct vz_err *err)
{
	auto_free char *ini = sidecar(r), *distribution = NULL, *manager = NULL;
	size_t letters = strcspn(r->name, "0123456789");

	while (letters && strchr("-_.", r->name[letters - 1]))
		letters--;
	distribution = letters ? vz_strndup(r->name, letters) : NULL;
	if (r->n_repos)
		manager = vz_printf("%s%s", strcmp(r->repos[0].type, "deb") == 0 ? "dpkg" : "rpm49",
				    strcmp(r->arch, "x86_64") == 0 ? "x64" : strcmp(r->arch, "i686") == 0 ? "x86" : "");
	if (put_line(dir, "package_manager", manager, err) < 0 || put_line(dir, "summary", r->summary, err) < 0 ||
	    put_line(dir, "description", r->summary, err) < 0 || put_repositories(r, dir, err) < 0 ||
	    put_packages(r, dir, err) < 0 || put(dir, "vzpkg.ini", ini, strlen(ini), 0644, err) < 0)
		return -1;
	if (strcmp(r->kind, "os") == 0 && put_line(dir, "distribution", distribution, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n_scripts; i++)
		if (put(dir, r->scripts[i].when, r->scripts[i].text, r->scripts[i].len, 0755, err) < 0)
			return -1;
	return 0;
}

int vz_recipe_ez_write(const struct vz_recipe *r, const char *dir, struct vz_err *err)
{
	auto_fd int fd = -1;

	if (mkdir(dir, 0755) < 0) {
		if (errno != EEXIST)
			return vz_err_sys(err, "make directory '%s'", dir);
		vz_err_set(err, VZ_EXISTS, "'%s' is there already", dir);
		return vz_err_hint(err, "name a directory that does not exist yet");
	}
	fd = vz_open_dir(AT_FDCWD, dir, err);
	return fd < 0 ? -1 : put_all(r, fd, err);
}
