/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "link/env.h"
#include "link/oci.h"
#include "resolver/plan.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static void print_words(const char *what, const struct vz_texts *words)
{
	fputs(what, stdout);
	for (size_t i = 0; i < words->n; i++) {
		auto_free char *word = vz_strdup(words->v[i]);

		vz_clean(word, VZ_CLEAN_LINE);
		printf("%s%s", i ? " " : "", word);
	}
	putchar('\n');
}

static void print_state(const struct vz_state *s)
{
	const struct vz_settings *set = &s->settings;
	char when[32], bytes[16];

	if (s->started)
		printf("state         started %s, process %ju\n", vz_human_time(s->what.since, when), (uintmax_t)s->what.pid);
	else
		printf("state         %s\n", vz_state_word(s));
	if (set->command.n)
		print_words("command       ", &set->command);
	if (set->cpus > 0)
		printf("cpus          at most %g\n", set->cpus);
	if (set->memory)
		printf("memory        at most %s\n", vz_human_bytes(set->memory, bytes));
	if (set->pids)
		printf("pids          at most %ju\n", (uintmax_t)set->pids);
	if (set->io_weight)
		printf("io-weight     %u\n", set->io_weight);
}

/* What environments are run by here, and why not by the other. */
static char *runtime(struct vz_err *err)
{
	auto_oci struct vz_oci o = {0};
	auto_free char *version = NULL;
	struct vz_cgroups cgroups;

	vz_cgroups_look(VZ_CGROUPS, &cgroups);
	if (vz_oci_find(NULL, &cgroups, &o, err) < 0 || vz_oci_version(&o, &version, err) < 0)
		return NULL;
	return vz_printf("%s, with %s control groups (%s)", version, vz_cgroups_name(cgroups.way), o.why);
}

static void print_env(const struct vz_json_env_info *i, const char *why_no_runtime)
{
	char a[16], b[16], when[32];

	printf("environment   %s\ntemplate      %s@%u\ngeneration    %u\ncreated       %s\nshared        %s\nprivate       %s\n",
	       i->env->name, i->env->shows.template_name, i->env->shows.template_version, i->env->generation,
	       vz_human_time(i->env->created, when), vz_human_bytes(i->shared_bytes, a), vz_human_bytes(i->private_bytes, b));
	print_state(i->state);
	printf("runtime       %s\n", i->runtime ? i->runtime : why_no_runtime);
}

static int info_env(const struct vz_cli *cli, const struct vz_store *store, const char *name, struct vz_err *err)
{
	__attribute__((cleanup(vz_state_release))) struct vz_state state = {0};
	auto_env struct vz_env env = {0};
	auto_manifest struct vz_manifest m = {0};
	auto_free char *ref = NULL, *by = NULL;
	struct vz_json_env_info info = { .env = &env, .state = &state };
	struct vz_err none = {0};

	if (vz_env_read(store, name, &env, err) < 0 || vz_env_private_bytes(store, name, &info.private_bytes, err) < 0 ||
	    vz_state_look(store, name, &state, err) < 0)
		return -1;
	ref = vz_printf("%s@%u", env.shows.template_name, env.shows.template_version);
	if (vz_manifest_read(store, ref, &m, err) < 0)
		return -1;
	info.shared_bytes = m.bytes;
	info.runtime = by = runtime(&none);
	if (cli->json)
		vz_json_env_info(&info);
	else
		print_env(&info, none.msg);
	return 0;
}

static void print_manifest(const struct vz_manifest *m)
{
	char size[16], fresh[16], when[32], hex[VZ_HEX_LEN + 1];

	vz_digest_hex(&m->image, hex);
	printf("template      %s@%u\nkind          %s\n", m->name, m->version, m->kind);
	if (m->summary)
		printf("summary       %s\n", m->summary);
	if (m->parent)
		printf("parent        %s\n", m->parent);
	printf("architecture  %s\npackages      %llu\nfiles         %llu\nsize          %s\n", m->arch,
	       (unsigned long long)m->packages, (unsigned long long)m->files, vz_human_bytes(m->bytes, size));
	printf("new bytes     %s\ncreated       %s\nbuilt in      %.1f s\nimage         %s\n",
	       vz_human_bytes(m->new_bytes, fresh), vz_human_time(m->created, when), m->seconds, hex);
}

static int print_path(struct vz_node *n, void *ctx)
{
	auto_free char *path = n->parent ? vz_node_path(n) : NULL;

	(void)ctx;
	if (path) {
		vz_clean(path, VZ_CLEAN_LINE);
		puts(path);
	}
	return 0;
}

static int print_files(const struct vz_store *store, const struct vz_manifest *m, struct vz_err *err)
{
	auto_tree struct vz_tree *tree = vz_manifest_tree(store, m, err);

	return tree ? vz_node_walk(tree->root, print_path, NULL) : -1;
}

static int print_log(const struct vz_store *store, const struct vz_manifest *m, struct vz_err *err)
{
	auto_buf struct vz_buf log = {0};

	if (vz_manifest_log(store, m, &log, err) < 0)
		return -1;
	if (log.len) {
		vz_clean(log.data, VZ_CLEAN_TEXT);
		fputs(log.data, stdout);
	}
	return 0;
}

static int print_packages(const struct vz_plan *plan)
{
	for (size_t i = 0; i < plan->n_packages; i++)
		printf("%s %s %s\n", plan->packages[i].name, plan->packages[i].version, plan->packages[i].arch);
	return 0;
}

int vz_cmd_info(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	bool packages = false, files = false, lock = false, log = false;
	const struct vz_option options[] = {
		{ .name = "packages", .flag = &packages }, { .name = "files", .flag = &files },
		{ .name = "lock", .flag = &lock },         { .name = "log", .flag = &log },     { 0 },
	};
	auto_store struct vz_store *store = NULL;
	auto_manifest struct vz_manifest m = {0};
	auto_plan struct vz_plan *plan = NULL;

	if (vz_cli_parse(cli, argc, argv, options, 1, 1, err) < 0)
		return -1;
	if (packages + files + lock + log > 1)
		return vz_err_set(err, VZ_USAGE, "--packages, --files, --lock and --log exclude one another");
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	if (vz_manifest_read(store, cli->args[0], &m, err) < 0) {
		struct vz_err env_err = {0};

		if (err->code != VZ_NOTFOUND || info_env(cli, store, cli->args[0], &env_err) == 0)
			return err->code == VZ_NOTFOUND ? 0 : -1;
		if (env_err.code != VZ_NOTFOUND && env_err.code != VZ_USAGE)
			*err = env_err;
		return -1;
	}
	if (lock && !cli->json) {
		fputs(m.lock, stdout);
		return 0;
	}
	plan = vz_plan_read(m.lock, strlen(m.lock), m.name, err);
	if (!plan)
		return -1;
	if (cli->json)
		vz_json_template(&m, plan);
	else if (packages)
		return print_packages(plan);
	else if (files)
		return print_files(store, &m, err);
	else if (log)
		return print_log(store, &m, err);
	else
		print_manifest(&m);
	return 0;
}
