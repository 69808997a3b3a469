/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/env.h"
#include "vzpkg/cli.h"
#include "vzpkg/json.h"
#include "vzpkg/terminal.h"

static int look(const struct vz_store *store, const char *name, struct vz_json_status *ret, struct vz_err *err)
{
	struct vz_json_status s = {0};

	if (vz_env_read(store, name, &s.env, err) < 0)
		return -1;
	if (vz_env_private_bytes(store, name, &s.private_bytes, err) < 0 ||
	    vz_state_look(store, name, &s.state, err) < 0) {
		vz_env_release(&s.env);
		return -1;
	}
	s.latest = vz_manifest_current(store, s.env.shows.template_name);
	s.outdated = s.latest && s.latest != s.env.shows.template_version;
	*ret = s;
	return 0;
}

static void print_status(const struct vz_json_status *s)
{
	auto_free char *ref = vz_printf("%s@%u", s->env.shows.template_name, s->env.shows.template_version);
	auto_free char *latest = s->outdated ? vz_printf("%u there", s->latest) : vz_strdup("current");
	char bytes[16], when[32];

	printf("%-24s %-32s %-10s %10u %10s  %s", s->env.name, ref, latest, s->env.generation,
	       vz_human_bytes(s->private_bytes, bytes), vz_state_word(&s->state));
	if (s->state.started)
		printf(" %s, process %ju", vz_human_time(s->state.what.since, when), (uintmax_t)s->state.what.pid);
	putchar('\n');
}

int vz_cmd_status(struct vz_cli *cli, int argc, char **argv, struct vz_err *err)
{
	auto_store struct vz_store *store = NULL;
	char **names, **found = NULL;
	struct vz_json_status *list;
	bool differs = false;
	size_t n, read = 0;
	int rc = 0;

	if (vz_cli_parse(cli, argc, argv, NULL, 0, -1, err) < 0)
		return -1;
	store = vz_cli_store(cli, VZ_STORE_READ, err);
	if (!store)
		return -1;
	names = cli->args;
	n = (size_t)cli->n_args;
	if (!n) {
		names = found = vz_env_names(store, &n, err);
		if (!found)
			return -1;
	}
	list = vz_alloc((n + 1) * sizeof *list);
	for (; rc == 0 && read < n; read += rc == 0)
		rc = look(store, names[read], &list[read], err);
	if (rc == 0 && cli->json)
		vz_json_status(list, n);
	else if (rc == 0 && n)
		printf("%-24s %-32s %-10s %10s %10s  %s\n", "ENVIRONMENT", "TEMPLATE", "VERSION", "GENERATION", "PRIVATE",
		       "STATE");
	for (size_t i = 0; i < read; i++) {
		differs |= list[i].outdated;
		if (rc == 0 && !cli->json)
			print_status(&list[i]);
		vz_env_release(&list[i].env);
		vz_state_release(&list[i].state);
	}
	free(list);
	vz_names_free(found, found ? n : 0);
	return rc < 0 ? -1 : differs ? VZ_DIFFERS : 0;
}
