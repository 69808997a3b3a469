/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "link/env.h"
#include "resolver/repos.h"
#include "store/verify.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_keep.h"
#include "vzpkg/repair.h"
#include "vzpkg/terminal.h"
#include "vzpkg/users.h"

static void found_repository(void *ctx, const char *path, const struct vz_err *why)
{
	auto_free char *below = vz_printf("repos/%s", path);

	vz_findings_add(ctx, VZ_FINDING_REPOSITORY, below, why);
}

static int check_repos(const struct vz_store *s, struct vz_findings *f, struct vz_err *err)
{
	auto_fd int repos = vz_open_dir(vz_store_fd(s), "repos", err);

	return repos < 0 ? -1 : vz_repos_check(repos, found_repository, f, err);
}

static int check_envs(const struct vz_store *s, struct vz_findings *f, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_env_names(s, &n, err);

	for (size_t i = 0; names && i < n; i++)
		vz_env_verify(s, names[i], f);
	vz_names_free(names, n);
	return names ? 0 : -1;
}

static int check(const struct vz_cli *cli, const struct vz_store *s, bool quick, struct vz_findings *f, struct vz_err *err)
{
	auto_verify struct vz_verify v = { .store = s, .quick = quick, .findings = f, .report = &cli->report };

	vz_report_stage(&cli->report, "checking the store");
	if (vz_verify_run(&v, err) < 0 || check_repos(s, f, err) < 0 || check_envs(s, f, err) < 0)
		return -1;
	vz_findings_sort(f);
	return 0;
}

static void print_finding(const struct vz_finding *f)
{
	printf("%s %s: %s\n", f->repaired ? "repaired" : f->missing ? "missing" : "damaged", vz_finding_word(f->kind), f->why);
	if (f->repaired)
		printf("        %s\n", f->repaired);
	for (size_t i = 0; i < f->users.n; i++)
		printf("        used by %s\n", f->users.v[i]);
}

static void print(const struct vz_findings *f)
{
	char size[16];
	size_t mended = 0;

	for (size_t i = 0; i < f->n; i++) {
		print_finding(&f->v[i]);
		mended += f->v[i].repaired != NULL;
	}
	printf("%llu checked, %s: ", (unsigned long long)f->checked, vz_human_bytes(f->bytes, size));
	if (!f->n)
		puts("all is as it should be");
	else if (mended)
		printf("%zu repaired, %zu wrong\n", mended, f->n - mended);
	else
		printf("%zu wrong\n", f->n);
}

static void name(const struct vz_cli *cli, const struct vz_store *s, struct vz_findings *f)
{
	auto_users struct vz_users users = {0};

	vz_report_stage(&cli->report, "looking for what depends on it");
	vz_users_read(s, &users);
	vz_users_name(s, &users, f);
}

int vz_cmd_verify(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool quick = false, repair = false;
	const struct vz_option options[] = {
		{ .name = "quick", .flag = &quick }, { .name = "repair", .flag = &repair }, { 0 },
	};
	auto_store struct vz_store *store = NULL, *there = NULL;
	auto_findings struct vz_findings f;
	size_t wrong = 0;

	vz_findings_init(&f);
	if (vz_cli_parse(cli, argc, argv, options, 0, 0, err) < 0)
		return -1;
	if (repair && cli->dry_run)
		return vz_err_set(err, VZ_USAGE, "--repair and --dry-run exclude one another: without --repair nothing is changed");
	/* a store is not made only to be repaired */
	there = vz_cli_store(cli, VZ_STORE_READ, err);
	store = !there ? NULL : repair ? vz_cli_store(cli, VZ_STORE_CHANGE, err) : steal(&there);
	if (!store || check(cli, store, quick, &f, err) < 0)
		return -1;
	if (f.n && repair && vz_repair(cli, store, &f, err) < 0)
		return -1;
	if (f.n && !repair)
		name(cli, store, &f);
	vz_users_drop_unused(&f);
	vz_terminal_end();
	for (size_t i = 0; i < f.n; i++)
		wrong += !f.v[i].repaired;
	if (cli->json)
		vz_json_findings(&f);
	else if (!cli->quiet || wrong)
		print(&f);
	return wrong ? VZ_DAMAGED : 0;
}
