/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "builder/build.h"
#include "link/env.h"
#include "vzpkg/change.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/moved.h"
#include "vzpkg/terminal.h"

static void print_plan(const struct vz_plan *plan)
{
	char size[16];
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->n_packages; i++) {
		const struct vz_plan_package *p = &plan->packages[i];

		printf("%s %s %s %s\n", p->name, p->version, p->arch, p->repo);
		bytes += p->size;
	}
	printf("%s: %zu packages, %s to download if nothing is known yet\n", plan->name, plan->n_packages,
	       vz_human_bytes(bytes, size));
}

static void print_template(const struct vz_manifest *m)
{
	char bytes[16], fresh[16];

	printf("%s@%u: %llu packages, %llu files, %s, of which %s new in the store, in %.1f s\n", m->name, m->version,
	       (unsigned long long)m->packages, (unsigned long long)m->files, vz_human_bytes(m->bytes, bytes),
	       vz_human_bytes(m->new_bytes, fresh), m->seconds);
}

int vz_cmd_create_template(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	const char *lock = NULL;
	const struct vz_option options[] = { { .name = "lock", .value = &lock }, { 0 } };
	struct vz_build_options build = { .report = &cli->report };
	__attribute__((cleanup(vz_build_result_release))) struct vz_build_result result = {0};
	auto_buf struct vz_buf lock_text = {0};
	auto_free char *path = NULL;
	auto_recipe struct vz_recipe *recipe = NULL;
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 1, 1, err) < 0)
		return -1;
	path = vz_recipe_find(cli->args[0], cli->recipe_dirs, err);
	recipe = path ? vz_cli_recipe(cli, path, err) : NULL;
	if (!recipe)
		return -1;
	if (lock && vz_read_file(AT_FDCWD, lock, 64 << 20, &lock_text, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	build.mirror_dirs = cli->mirror_dirs;
	build.network = &cli->network;
	build.lock_text = lock ? lock_text.data : NULL;
	build.lock_name = lock;
	build.offline = cli->offline;
	build.dry_run = cli->dry_run;
	if (vz_build(store, recipe, &build, &result, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_template(&result.manifest, result.plan);
	else if (cli->dry_run)
		print_plan(result.plan);
	else if (!cli->quiet)
		print_template(&result.manifest);
	return 0;
}

struct created {
	struct vz_composition_request request;
	struct vz_composition shows;
	struct vz_plan *plan;            /* of a dry run */
};

static void created_release(struct created *c)
{
	vz_composition_request_release(&c->request);
	vz_composition_release(&c->shows);
	vz_plan_free(c->plan);
}

static int compose(const struct vz_cli *cli, struct vz_store *store, const struct vz_texts *apps, struct created *c,
		   struct vz_err *err)
{
	c->request.template = cli->args[1];
	for (size_t i = 0; i < apps->n; i++)
		if (vz_change_app(cli, store, apps->v[i], &c->request.apps, err) < 0)
			return -1;
	return vz_change_compose(cli, store, &c->request, &c->shows, cli->dry_run ? &c->plan : NULL, err);
}

int vz_cmd_create_env(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(created_release))) struct created c = {0};
	auto_texts struct vz_texts apps = {0};
	const struct vz_option options[] = {
		{ .name = "app", .list = &apps }, { .name = "package", .letter = 'p', .list = &c.request.packages }, { 0 },
	};
	auto_store struct vz_store *store = NULL;
	auto_env struct vz_env env = {0};
	struct timespec start;
	double seconds;

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || compose(cli, store, &apps, &c, err) < 0)
		return -1;
	if (cli->dry_run) {
		if (!cli->quiet && !cli->json)
			print_plan(c.plan);
		if (cli->json)
			vz_json_pairs((const char *const[]){ "would_create", cli->args[0], "template", c.shows.template_name, NULL });
		else
			printf("would make environment '%s' from %s@%u\n", cli->args[0], c.shows.template_name,
			       c.shows.template_version);
		return 0;
	}
	if (vz_env_create(store, cli->args[0], &c.shows, &env, err) < 0)
		return -1;
	seconds = vz_seconds_since(&start);
	if (cli->json)
		vz_json_env(&env, seconds);
	else if (!cli->quiet)
		printf("%s: made from %s@%u in %.1f ms\n", env.name, env.shows.template_name, env.shows.template_version,
		       seconds * 1000);
	return 0;
}
