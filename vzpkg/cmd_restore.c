/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "share/backup.h"
#include "store/object.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

/* What another host asks while it sends an environment here; see share/migrate.h. */
static int print_lacking(const struct vz_store *store, struct vz_err *err)
{
	char line[VZ_HEX_LEN + 2];
	struct vz_digest d;

	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!vz_digest_parse(line, &d))
			return vz_err_set(err, VZ_USAGE, "expected digests, one a line");
		if (!vz_object_has(store, &d))
			puts(line);
	}
	return 0;
}

/* The file, or a copy of what standard input is: it is read more than once. */
static int open_file(struct vz_store *store, const char *path, struct vz_err *err)
{
	char chunk[65536];
	auto_fd int fd = -1;
	ssize_t n;

	if (strcmp(path, "-") != 0)
		return vz_open(AT_FDCWD, path, O_RDONLY, 0, err);
	fd = vz_store_stage(store, err) < 0 ? -1 : vz_store_begin_file(store, vz_store_stage(store, err), err);
	if (fd < 0)
		return -1;
	while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0)
		if (vz_write_fd(fd, chunk, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? vz_err_sys(err, "read standard input") : steal_fd(&fd);
}

static void print(const struct vz_restore *r)
{
	char bytes[16];

	printf("%s: %s from '%s', %zu packages %s, %s new in the store\n", r->env.name, r->dry_run ? "would be restored" : "restored",
	       r->env.shows.template_name, r->packages, r->dry_run ? "to be fetched" : "fetched", vz_human_bytes(r->new_bytes, bytes));
}

int vz_cmd_restore(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool lacking = false, contents = false;
	const struct vz_option options[] = {
		{ .name = "lacking", .flag = &lacking }, { .name = "contents", .flag = &contents }, { 0 },
	};
	__attribute__((cleanup(vz_restore_release))) struct vz_restore r = { .report = &cli->report };
	auto_store struct vz_store *store = NULL;
	auto_fd int fd = -1;
	struct stat st;

	if (vz_cli_parse(cli, argc, argv, options, 1, 2, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || lacking)
		return store ? print_lacking(store, err) : -1;
	fd = open_file(store, cli->args[0], err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "stat '%s'", cli->args[0]);
	r.store = store;
	r.fd = fd;
	r.size = (uint64_t)st.st_size;
	r.name = cli->n_args > 1 ? cli->args[1] : NULL;
	r.mirror_dirs = (const char *const *)cli->mirror_dirs;
	r.recipe_dirs = cli->recipe_dirs;
	r.offline = cli->offline;
	r.network = &cli->network;
	r.dry_run = cli->dry_run;
	if ((contents ? vz_restore_contents : vz_restore)(&r, err) < 0)
		return vz_err_wrap(err, "'%s'", cli->args[0]);
	vz_terminal_end();
	if (contents)
		return 0;
	if (cli->json)
		vz_json_restore(&r);
	else if (!cli->quiet)
		print(&r);
	return 0;
}
