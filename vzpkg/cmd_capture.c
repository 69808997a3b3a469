/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "share/application.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

#define TOLD 10                          /* of what was left out; all of it with --verbose */

static void print(const struct vz_cli *cli, const struct vz_application *a)
{
	const struct vz_recording_make *m = &a->make;
	char bytes[16];

	if (cli->dry_run)
		printf("%s: would have ", a->name);
	else
		printf("%s@%u: ", a->name, a->manifest.version);
	printf("%llu files, %s, of which no package has brought %llu; %llu are taken away; %zu packages, %zu users and groups\n",
	       (unsigned long long)m->files, vz_human_bytes(m->bytes, bytes), (unsigned long long)m->loose,
	       (unsigned long long)m->removed, m->about.packages.n, m->users.n);
	for (size_t i = 0; cli->verbose && i < m->about.packages.n; i++) {
		const char *line = m->about.packages.v[i], *arch = strchr(strchr(line, ' ') + 1, ' ');

		printf("  + %.*s\n", (int)(arch - line), line);
	}
	for (size_t i = 0; cli->verbose && i < m->users.n; i++)
		printf("  + %s\n", m->users.v[i]);
}

static void tell_left_out(const struct vz_cli *cli, const struct vz_texts *left_out)
{
	size_t n = cli->verbose || left_out->n <= TOLD ? left_out->n : TOLD;

	for (size_t i = 0; i < n; i++)
		vz_report_note(&cli->report, "left out: '%s'", left_out->v[i]);
	if (n < left_out->n)
		vz_report_note(&cli->report, "left out: %zu more that may be secrets or somebody's own; --verbose names them", left_out->n - n);
}

static int check_paths(const struct vz_texts *paths, const char *option, struct vz_err *err)
{
	for (size_t i = 0; i < paths->n; i++)
		if (paths->v[i][0] != '/' || !vz_path_is_sane(paths->v[i]))
			return vz_err_set(err, VZ_USAGE, "'%s' for --%s, expected an absolute path inside the environment", paths->v[i], option);
	return 0;
}

static int capture(struct vz_cli *cli, struct vz_application *a, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;

	if (check_paths(&a->make.include, "include", err) < 0 || check_paths(&a->make.exclude, "exclude", err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store)
		return -1;
	a->store = store;
	if (vz_application_capture(a, err) < 0)
		return -1;
	vz_terminal_end();
	tell_left_out(cli, &a->make.left_out);
	if (cli->json)
		vz_json_capture(a);
	else if (!cli->quiet)
		print(cli, a);
	return 0;
}

int vz_cmd_capture(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(vz_application_release))) struct vz_application a = { .report = &cli->report };
	const struct vz_option options[] = {
		{ .name = "include", .list = &a.make.include }, { .name = "exclude", .list = &a.make.exclude },
		{ .name = "summary", .value = &a.summary }, { 0 },
	};

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	a.env = cli->args[0];
	a.name = cli->args[1];
	a.dry_run = cli->dry_run;
	return capture(cli, &a, err);
}
