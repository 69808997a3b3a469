/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/supply.h"

#include <string.h>

#include "base/fd.h"
#include "base/proc.h"
#include "base/table.h"
#include "resolver/join.h"
#include "resolver/resolve.h"
#include "store/ingest.h"

struct supplying {
	struct vz_supply *what;
	const char *family;
};

/* Takes `fd`. */
static int ingest(void *ctx, const struct vz_plan_package *p, int fd, struct vz_err *err)
{
	const struct supplying *s = ctx;
	struct vz_ingest_result r = {0};
	auto_fd int package = fd;

	if (vz_interrupted(err) < 0)
		return -1;
	return vz_ingest(s->what->store, s->family, package, p->digest, &r, err) < 0 ? vz_err_wrap(err, "package '%s'", p->name) : 0;
}

static struct vz_recipe *recipe_of(const struct vz_supply *s, const struct vz_manifest *m, struct vz_err *err)
{
	auto_free char *path = m->recipe_path ? vz_strdup(m->recipe_path) : vz_printf("%s.recipe", m->name);
	auto_free char *here = NULL;
	struct vz_err unused = {0};
	struct vz_recipe *r;

	if (s->recipe_dirs)
		here = vz_recipe_find(m->name, s->recipe_dirs, &unused);
	r = here ? vz_recipe_read(here, err) : vz_recipe_parse(m->recipe, strlen(m->recipe), path, err);
	if (!r)
		vz_err_wrap(err, "recipe of template '%s'", m->name);
	return r;
}

/* The recipes as one. */
static struct vz_recipe *join(const struct vz_supply *s, struct vz_err *err)
{
	auto_free struct vz_recipe **apps = vz_alloc((s->n_templates + 1) * sizeof *apps);
	auto_recipe struct vz_recipe *os = recipe_of(s, s->templates[0], err);
	const struct vz_texts no_packages = {0};
	struct vz_recipe *joined = NULL;
	size_t n = 0;

	while (os && n + 1 < s->n_templates && (apps[n] = recipe_of(s, s->templates[n + 1], err)))
		n++;
	if (os && n + 1 == s->n_templates)
		joined = vz_recipe_join(os, apps, n, &no_packages, err);
	for (size_t i = 0; i < n; i++)
		vz_recipe_free(apps[i]);
	return joined;
}

int vz_supply(struct vz_supply *s, const struct vz_plan *plan, struct vz_err *err)
{
	auto_free const struct vz_plan_package **missing = vz_alloc((plan->n_packages + 1) * sizeof *missing);
	struct supplying supplying = { s, plan->family };
	auto_fd int repos = -1;
	auto_table struct vz_table seen = {0};
	size_t n = 0;
	int stage;

	for (size_t i = 0; i < plan->n_packages; i++) {
		const struct vz_plan_package *p = &plan->packages[i];

		if (vz_table_has(&seen, p->digest) || vz_record_has(s->store, p->digest))
			continue;
		vz_table_put(&seen, p->digest, NULL);
		missing[n++] = p;
	}
	if (!n)
		return 0;
	repos = vz_open_dir(vz_store_fd(s->store), "repos", err);
	stage = repos < 0 ? -1 : vz_store_stage(s->store, err);
	if (stage >= 0) {
		auto_recipe struct vz_recipe *recipe = join(s, err);
		struct vz_resolve_options o = {
			.repos_fd = repos, .mirror_dirs = s->mirror_dirs, .offline = s->offline, .network = s->network, .report = s->report,
		};
		auto_session struct vz_session *session = vz_session_new(&o);

		vz_report_stage(s->report, "fetching %zu packages", n);
		if (!recipe || vz_resolve_locked(session, recipe, plan, err) < 0 ||
		    vz_resolve_fetch(session, missing, n, stage, ingest, &supplying, err) < 0)
			return -1;
		s->packages += n;
		return 0;
	}
	return -1;
}
