/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "share/artifact.h"
#include "vzpkg/cli.h"
#include "vzpkg/json_share.h"
#include "vzpkg/terminal.h"

static void print(const struct vz_push *p, const char *to)
{
	const struct vz_manifest *m = &p->subject->manifest;
	char sent[16], size[16];

	printf("%s@%u: %s of %s sent to '%s', digest sha256:%s\n", m->name, m->version, vz_human_bytes(p->sent, sent),
	       vz_human_bytes(p->size, size), to, p->digest);
}

int vz_cmd_push(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	struct vz_registry_options options = { .access = VZ_REGISTRY_PUSH, .report = &cli->report };
	const char *sign = NULL;
	const struct vz_option own[] = {
		{ .name = "sign", .value = &sign }, { .name = "plain-http", .flag = &options.plain_http }, { 0 },
	};
	auto_registry_name struct vz_registry_name to = {0};
	auto_registry struct vz_registry *registry = NULL;
	auto_subject struct vz_subject subject = {0};
	auto_store struct vz_store *store = NULL;
	struct vz_push push;

	if (vz_cli_parse(cli, argc, argv, own, 2, 2, err) < 0 || vz_registry_name_parse(cli->args[1], &to, err) < 0)
		return -1;
	if (*to.digest)
		return vz_err_set(err, VZ_USAGE, "'%s' is a digest, which is what a push gives, not what it takes", cli->args[1]);
	options.offline = cli->offline;
	options.network = &cli->network;
	store = vz_cli_store(cli, VZ_STORE_CHANGE, err);
	if (!store || vz_subject_open(store, cli->args[0], &subject, err) < 0)
		return -1;
	push = (struct vz_push){
		.store = store, .subject = &subject, .to = &to, .sign_key = sign, .report = &cli->report,
	};
	if (cli->dry_run) {
		if (!cli->quiet && !cli->json)
			printf("%s@%u: would be sent to '%s'\n", subject.manifest.name, subject.manifest.version, cli->args[1]);
		else if (cli->json)
			vz_json_push(&push, cli->args[1]);
		return 0;
	}
	registry = vz_registry_open(&to, &options, err);
	push.registry = registry;
	if (!registry || vz_push(&push, err) < 0)
		return -1;
	vz_terminal_end();
	if (cli->json)
		vz_json_push(&push, cli->args[1]);
	else if (!cli->quiet)
		print(&push, cli->args[1]);
	return 0;
}
