/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "builder/package_file.h"
#include "vzpkg/change.h"
#include "vzpkg/moved.h"

/* "install nginx less": what the words were. */
static char *reason_of(const char *verb, char *const *words, const struct vz_texts *more)
{
	struct vz_buf b = {0};

	vz_buf_puts(&b, verb);
	for (size_t i = 0; i < more->n; i++)
		vz_buf_printf(&b, " %s", more->v[i]);
	for (; *words; words++)
		vz_buf_printf(&b, " %s", strrchr(*words, '/') ? strrchr(*words, '/') + 1 : *words);
	vz_clean(b.data, VZ_CLEAN_LINE);
	return vz_buf_steal(&b);
}

/* Of an environment as it is, with everything that it has kept where it can be. */
struct have {
	struct vz_env env;
	struct vz_composition_request request;
	char *template;
};

static void have_release(struct have *h)
{
	vz_composition_request_release(&h->request);
	vz_env_release(&h->env);
	free(h->template);
}

static int have_read(const struct vz_store *store, const char *name, struct have *ret, struct vz_err *err)
{
	if (vz_env_read(store, name, &ret->env, err) < 0)
		return -1;
	vz_composition_request_of(&ret->env.shows, &ret->request);
	ret->template = vz_printf("%s@%u", ret->env.shows.template_name, ret->env.shows.template_version);
	ret->request.template = ret->template;
	ret->request.from = &ret->env.shows;
	return 0;
}

static int change(const struct vz_cli *cli, struct vz_store *store, struct have *h, const char *reason, struct vz_err *err)
{
	auto_mover struct vz_mover *mover = vz_mover_new(store, &cli->report);
	const struct vz_change c = { h->env.name, &h->request, reason, mover };
	struct vz_json_moved moved = {0};
	int rc;

	if (vz_change_env(cli, store, &c, &moved, err) < 0)
		return -1;
	rc = vz_change_tell(cli, store, &moved, err);
	if (cli->json)
		vz_json_moved_one(&moved);
	vz_env_moved_release(&moved.moved);
	return rc;
}

/* Another version of the same application takes its place. */
static void add_app(struct vz_texts *apps, const char *ref)
{
	size_t len = strcspn(ref, "@");

	for (size_t i = 0; i < apps->n; i++)
		if (strncmp(apps->v[i], ref, len) == 0 && (apps->v[i][len] == '@' || !apps->v[i][len])) {
			vz_texts_remove(apps, apps->v[i]);
			break;
		}
	vz_texts_add(apps, ref);
}

static int add_words(const struct vz_cli *cli, struct vz_store *store, bool are_packages, struct vz_composition_request *r,
		     struct vz_err *err)
{
	for (int i = 1; i < cli->n_args; i++) {
		const char *word = cli->args[i];
		auto_texts struct vz_texts ref = {0};

		if (vz_package_file_is(word)) {
			if (vz_change_file(store, word, &r->files, err) < 0)
				return -1;
		} else if (are_packages) {
			vz_texts_add(&r->packages, word);
		} else {
			if (vz_change_app(cli, store, word, &ref, err) < 0)
				return -1;
			add_app(&r->apps, ref.v[0]);
		}
	}
	return 0;
}

int vz_cmd_install(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(have_release))) struct have h = {0};
	auto_texts struct vz_texts packages = {0};
	const struct vz_option options[] = { { .name = "package", .letter = 'p', .list = &packages }, { 0 } };
	auto_store struct vz_store *store = NULL;
	auto_free char *reason = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 1, -1, err) < 0)
		return -1;
	if (cli->n_args + packages.n < 2)
		return vz_err_set(err, VZ_USAGE, "nothing to install was named");
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || have_read(store, cli->args[0], &h, err) < 0)
		return -1;
	vz_texts_copy(&packages, &h.request.packages);
	if (add_words(cli, store, packages.n > 0, &h.request, err) < 0)
		return -1;
	vz_texts_sort(&h.request.packages);
	reason = reason_of("install", cli->args + 1, &packages);
	return change(cli, store, &h, reason, err);
}

/* ---- removing ---- */

static int remove_app(const char *env, struct vz_texts *apps, const char *name, struct vz_err *err)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < apps->n; i++)
		if (strcmp(apps->v[i], name) == 0 || (strncmp(apps->v[i], name, len) == 0 && apps->v[i][len] == '@')) {
			vz_texts_remove(apps, apps->v[i]);
			return 0;
		}
	vz_err_set(err, VZ_NOTFOUND, "environment '%s' has no application '%s'", env, name);
	return vz_err_hint(err, "single packages are removed with -p; 'vzpkg info %s' shows what was added", env);
}

/* A package from a file goes by the name it has. */
static bool remove_file(const struct vz_store *store, struct vz_texts *files, const char *name)
{
	struct vz_err ignored;

	for (size_t i = 0; i < files->n; i++) {
		auto_record struct vz_record *r = vz_record_read(store, files->v[i], &ignored);
		struct vz_plan_package p = {0};
		bool same = r && vz_package_file_identify(r, files->v[i], &p, &ignored) == 0 && strcmp(p.name, name) == 0;

		vz_package_file_release(&p);
		if (same)
			return vz_texts_remove(files, files->v[i]);
	}
	return false;
}

/* "nginx" also means what was asked for as "nginx=1.2". */
static int remove_package(const struct vz_store *store, struct have *h, const char *name, struct vz_err *err)
{
	struct vz_texts *packages = &h->request.packages;
	auto_plan struct vz_plan *plan = NULL;
	size_t len = strlen(name);

	for (size_t i = 0; i < packages->n; i++)
		if (strncmp(packages->v[i], name, len) == 0 && strchr("=<>", packages->v[i][len])) {
			vz_texts_remove(packages, packages->v[i]);
			return 0;
		}
	if (remove_file(store, &h->request.files, name))
		return 0;
	plan = vz_change_plan_of(store, &h->env.shows, err);
	if (!plan)
		return -1;
	vz_err_set(err, VZ_NOTFOUND, "package '%s' was not asked for in environment '%s'", name, h->env.name);
	for (size_t i = 0; i < plan->n_packages; i++)
		if (strcmp(plan->packages[i].name, name) == 0)
			return vz_err_hint(err, plan->packages[i].flags & VZ_PLAN_ADDED ?
					   "it is there because something else needs it" : "it belongs to the OS template");
	return -1;
}

int vz_cmd_remove_added(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(have_release))) struct have h = {0};
	auto_texts struct vz_texts packages = {0};
	const struct vz_option options[] = { { .name = "package", .letter = 'p', .list = &packages }, { 0 } };
	auto_store struct vz_store *store = NULL;
	auto_free char *reason = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 1, -1, err) < 0)
		return -1;
	if (cli->n_args + packages.n < 2) {
		vz_err_set(err, VZ_USAGE, "nothing to remove was named");
		return vz_err_hint(err, "'vzpkg remove env %s' removes the environment itself", cli->args[0]);
	}
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || have_read(store, cli->args[0], &h, err) < 0)
		return -1;
	for (size_t i = 0; i < packages.n; i++)
		if (remove_package(store, &h, packages.v[i], err) < 0)
			return -1;
	for (int i = 1; i < cli->n_args; i++)
		if (packages.n ? remove_package(store, &h, cli->args[i], err) < 0 :
		    remove_app(h.env.name, &h.request.apps, cli->args[i], err) < 0)
			return -1;
	reason = reason_of("remove", cli->args + 1, &packages);
	return change(cli, store, &h, reason, err);
}

/* ---- another OS ---- */

int vz_cmd_upgrade(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(have_release))) struct have h = {0};
	auto_manifest struct vz_manifest old = {0}, new = {0};
	auto_store struct vz_store *store = NULL;
	auto_free char *reason = NULL;

	if (vz_cli_parse(cli, argc, argv, NULL, 2, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || have_read(store, cli->args[0], &h, err) < 0 || vz_manifest_read(store, h.template, &old, err) < 0 ||
	    vz_manifest_read(store, cli->args[1], &new, err) < 0)
		return -1;
	if (strcmp(old.family, new.family) != 0 && strcmp(new.family, "any") != 0)
		return vz_err_set(err, VZ_UNRESOLVED, "environment '%s' is of family %s, and template '%s' of %s: what is private "
				  "in it would not fit", h.env.name, old.family, cli->args[1], new.family);
	/* everything is chosen anew: what fits the old OS is no measure */
	h.request.from = NULL;
	h.request.template = cli->args[1];
	reason = vz_printf("upgrade to %s", new.name);
	return change(cli, store, &h, reason, err);
}
