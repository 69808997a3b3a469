/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "builder/changelog.h"
#include "builder/difference.h"
#include "vzpkg/change.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

/* One version of a template. */
struct side {
	struct vz_manifest m;
	struct vz_plan *plan;
	struct vz_tree *tree;
};

static void side_release(struct side *s)
{
	vz_tree_free(s->tree);
	vz_plan_free(s->plan);
	vz_manifest_release(&s->m);
}

static int side_read(const struct vz_store *store, const char *ref, struct side *ret, struct vz_err *err)
{
	if (vz_manifest_read(store, ref, &ret->m, err) < 0)
		return -1;
	ret->plan = vz_plan_read(ret->m.lock, strlen(ret->m.lock), ref, err);
	ret->tree = ret->plan ? vz_manifest_tree(store, &ret->m, err) : NULL;
	return ret->tree ? 0 : vz_err_wrap(err, "template '%s'", ref);
}

struct diff {
	const struct vz_cli *cli;
	bool files, changelog;           /* asked for */
	struct side before, now;
	struct vz_difference found;
	struct vz_changelog *changelogs; /* of each changed package; of what came and went they are empty. NULL: not asked for */
};

static void diff_release(struct diff *d)
{
	for (size_t i = 0; d->changelogs && i < d->found.packages.n; i++)
		vz_changelog_release(&d->changelogs[i]);
	free(d->changelogs);
	vz_difference_release(&d->found);
	side_release(&d->before);
	side_release(&d->now);
}

static int read_changelogs(struct diff *d, const struct vz_store *store, struct vz_err *err)
{
	const struct vz_plan_changes *changes = &d->found.packages;

	d->changelogs = vz_alloc((changes->n + 1) * sizeof *d->changelogs);
	for (size_t i = 0; i < changes->n; i++)
		if (changes->v[i].before && changes->v[i].now &&
		    vz_changelog_read(store, d->now.plan, &changes->v[i], &d->changelogs[i], err) < 0)
			return -1;
	return 0;
}

static void print_text(const char *said)
{
	auto_free char *text = vz_strdup(said);
	char *save = NULL;

	vz_clean(text, VZ_CLEAN_TEXT);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		printf("    %s\n", line);
}

static void print_changelog(const struct vz_plan_change *c, const struct vz_changelog *log)
{
	if (!log->n)
		return;
	printf("\n%s %s -> %s\n", c->now->name, c->before->version, c->now->version);
	for (size_t i = 0; i < log->n; i++) {
		auto_free char *version = vz_strdup(log->v[i].version);
		char when[32];

		vz_clean(version, VZ_CLEAN_LINE);
		printf("  %s%s%s\n", version, log->v[i].time ? ", " : "", log->v[i].time ? vz_human_time(log->v[i].time, when) : "");
		print_text(log->v[i].text);
	}
	if (log->cut)
		puts("  ... and more before that");
}

static void print_file(const struct vz_difference_file *f)
{
	auto_free char *path = vz_strdup(f->path);

	vz_clean(path, VZ_CLEAN_LINE);
	printf("  %c %s\n", f->kind, path);
}

static void print_diff(const struct diff *d)
{
	const struct vz_difference *x = &d->found;
	char old[16], now[16], added[16];

	printf("%s@%u -> %s@%u\n", d->before.m.name, d->before.m.version, d->now.m.name, d->now.m.version);
	vz_change_print_packages(&x->packages, d->now.plan);
	for (size_t i = 0; d->files && i < x->n_files; i++)
		print_file(&x->files[i]);
	printf("%zu packages; %zu files added, %zu removed, %zu changed; %s -> %s, %s of it new\n", x->packages.n, x->added,
	       x->removed, x->changed, vz_human_bytes(x->bytes_before, old), vz_human_bytes(x->bytes_now, now),
	       vz_human_bytes(x->bytes_new, added));
	for (size_t i = 0; d->changelogs && i < x->packages.n; i++)
		print_changelog(&x->packages.v[i], &d->changelogs[i]);
}

static int diff(struct diff *d, const struct vz_store *store, struct vz_err *err)
{
	const struct vz_difference_side before = { d->before.plan, d->before.tree }, now = { d->now.plan, d->now.tree };

	vz_difference_of(&before, &now, &d->found);
	if (d->changelog && read_changelogs(d, store, err) < 0)
		return -1;
	if (d->cli->json)
		vz_json_diff(&(struct vz_json_diff){ &d->before.m, &d->now.m, &d->found, d->now.plan, d->changelogs, d->files });
	else
		print_diff(d);
	return 0;
}

int vz_cmd_diff(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	__attribute__((cleanup(diff_release))) struct diff d = { .cli = cli };
	const struct vz_option options[] = {
		{ .name = "files", .flag = &d.files }, { .name = "changelog", .flag = &d.changelog }, { 0 },
	};
	auto_store struct vz_store *store = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 2, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store || side_read(store, cli->args[0], &d.before, err) < 0 || side_read(store, cli->args[1], &d.now, err) < 0)
		return -1;
	return diff(&d, store, err);
}
