/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/moved.h"

#include <stdio.h>

double vz_seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Which private files, and how. */
static void print_changes(const struct vz_upper_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (vz_upper_is_told(&p->changes[i])) {
			auto_free char *path = vz_strdup(p->changes[i].path);

			vz_clean(path, VZ_CLEAN_LINE);
			printf("  %-10s %s\n", vz_upper_why_name(p->changes[i].why), path);
		}
}

void vz_print_moved(const struct vz_cli *cli, const struct vz_json_moved *m)
{
	const struct vz_env *before = &m->moved.before, *after = &m->moved.after;
	const struct vz_upper_plan *changes = &m->moved.changes;
	const struct vz_remap *remap = &m->moved.remap;

	if (cli->json)
		return;
	if (before->generation == after->generation && !cli->quiet)
		printf("%s: unchanged, %s@%u\n", after->name, after->shows.template_name, after->shows.template_version);
	else if (!cli->quiet)
		printf("%s: %sgeneration %u -> %u, %s@%u -> %s@%u", after->name, cli->dry_run ? "would go " : "",
		       before->generation, after->generation, before->shows.template_name, before->shows.template_version,
		       after->shows.template_name, after->shows.template_version);
	if (before->generation != after->generation && !cli->quiet) {
		if (remap->processes)
			printf(", %u running processes moved, held for %.1f ms", remap->processes, (double)remap->paused_us / 1000);
		if (cli->dry_run)
			putchar('\n');
		else
			printf(" in %.1f ms\n", m->seconds * 1000);
		print_changes(changes);
	}
	for (size_t i = 0; i < changes->n_conflicts; i++)
		vz_report_note(&cli->report, "%s: '%s': %s", after->name, changes->conflicts[i].path, changes->conflicts[i].what);
	for (size_t i = 0; i < remap->n_left; i++)
		vz_report_note(&cli->report, "%s: process %d (%s) is left behind: %s", after->name, remap->left[i].pid,
			       remap->left[i].command, remap->left[i].why);
}
