/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/proc.h"
#include "builder/auto_run.h"
#include "store/verdict.h"

static enum vz_auto_state state_of(const struct vz_build_result *r, enum vz_recipe_auto how)
{
	if (r->held)
		return VZ_AUTO_HELD;
	if (!r->changed)
		return VZ_AUTO_SAME;
	return how == VZ_AUTO_DOWNLOAD ? VZ_AUTO_FETCHED : VZ_AUTO_BUILT;
}

/* In a dry run nothing is built: what was condemned before is known by the lock of the version that showed it. */
static bool was_condemned(const struct vz_auto_run *r, const struct vz_recipe *recipe, const struct vz_plan *plan)
{
	struct vz_err ignored;
	size_t n = 0;
	auto_free unsigned *versions = vz_manifest_versions(r->store, recipe->name, &n, &ignored);
	bool found = false;

	for (size_t i = 0; versions && i < n && !found; i++) {
		auto_free char *ref = vz_printf("%s@%u", recipe->name, versions[i]);
		auto_manifest struct vz_manifest m = {0};
		auto_plan struct vz_plan *its = NULL;

		if (vz_manifest_read(r->store, ref, &m, &ignored) == 0 &&
		    vz_verdict_applies(r->store, &m.image, recipe->health.checks, recipe->health.n_checks))
			its = vz_plan_read(m.lock, strlen(m.lock), "lock", &ignored);
		found = its && vz_plan_same(its, plan);
	}
	return found;
}

static int foretell(struct vz_auto_run *r, const struct vz_recipe *recipe, const struct vz_plan *plan, struct vz_auto_event *ret,
		    struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *versions = vz_manifest_versions(r->store, recipe->name, &n, err);

	if (!versions)
		return -1;
	if (ret->state != VZ_AUTO_BUILT)
		return 0;
	if (was_condemned(r, recipe, plan)) {
		ret->state = VZ_AUTO_HELD;
		return 0;
	}
	ret->to = 1 + versions[n - 1];
	ret->words = vz_printf("%s@%u", recipe->name, ret->to);
	vz_auto_foretell(r, recipe->name, ret->to);
	return 0;
}

static int build(struct vz_auto_run *r, const struct vz_recipe *recipe, struct vz_auto_event *ret, struct vz_err *err)
{
	__attribute__((cleanup(vz_build_result_release))) struct vz_build_result result = {0};
	const struct vz_build_options o = {
		.mirror_dirs = r->o->mirror_dirs, .offline = r->o->offline, .network = r->o->network, .dry_run = r->o->dry_run,
		.only_if_changed = true,
		.fetch_only = recipe->automatic == VZ_AUTO_DOWNLOAD, .report = r->o->report,
	};

	if (vz_build(r->store, recipe, &o, &result, err) < 0)
		return -1;
	ret->state = state_of(&result, recipe->automatic);
	if (r->o->dry_run && foretell(r, recipe, result.plan, ret, err) < 0)
		return -1;
	if (ret->state == VZ_AUTO_BUILT && !r->o->dry_run)
		ret->to = result.manifest.version;
	if (ret->state == VZ_AUTO_HELD)
		ret->words = vz_strdup("what it would get failed a health check before");
	return 0;
}

static int update(struct vz_auto_run *r, const char *name, struct vz_err *err)
{
	struct vz_auto_event event = { .template = true };
	auto_manifest struct vz_manifest m = {0};
	auto_recipe struct vz_recipe *recipe = NULL;

	if (vz_manifest_read(r->store, name, &m, err) < 0)
		return -1;
	recipe = r->o->recipe_of(r->o->ctx, &m, err);
	if (!recipe)
		return -1;
	if (recipe->automatic == VZ_AUTO_APPLY)
		vz_table_put(&r->apply, name, NULL);
	event.from = event.to = m.version;
	event.state = VZ_AUTO_LEFT;
	if (recipe->automatic != VZ_AUTO_NO && build(r, recipe, &event, err) < 0)
		return -1;
	event.name = vz_strdup(name);
	vz_auto_tell(r, &event);
	return 0;
}

int vz_auto_templates(struct vz_auto_run *r, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_manifest_names(r->store, &n, err);
	int rc = names ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct vz_err why = {0};

		if (update(r, names[i], &why) == 0)
			continue;
		rc = vz_interrupted(err);
		if (rc == 0)
			vz_auto_fail(r, true, names[i], &why);
	}
	vz_names_free(names, names ? n : 0);
	return rc;
}

/* ---- withdrawing ---- */

/* The newest version below `from` that shows nothing condemned; 0: there is none. */
static unsigned good_version(struct vz_auto_run *r, const char *name, unsigned from, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *versions = vz_manifest_versions(r->store, name, &n, err);

	for (size_t i = versions ? n : 0; i-- > 0;) {
		auto_free char *ref = vz_printf("%s@%u", name, versions[i]);
		auto_manifest struct vz_manifest m = {0};
		struct vz_err ignored;

		if (versions[i] < from && vz_manifest_read(r->store, ref, &m, &ignored) == 0 &&
		    !vz_verdict_is_bad(r->store, &m.image))
			return versions[i];
	}
	return 0;
}

static int withdraw(struct vz_auto_run *r, const char *name, struct vz_err *err)
{
	auto_fd int lock = vz_store_lock(r->store, "template", name, true, err);
	struct vz_auto_event event = { .template = true, .state = VZ_AUTO_WITHDRAWN };
	auto_manifest struct vz_manifest m = {0};

	if (lock < 0 || vz_manifest_read(r->store, name, &m, err) < 0)
		return -1;
	if (!vz_verdict_is_bad(r->store, &m.image))
		return 0;
	event.to = good_version(r, name, m.version, err);
	if (!event.to)
		return vz_err_set(err, VZ_FAILED, "version %u is known to be bad, and there is no earlier one that is not", m.version);
	if (r->o->dry_run)
		vz_auto_foretell(r, name, event.to);
	else if (vz_manifest_set_current(r->store, name, event.to, err) < 0)
		return -1;
	event.from = m.version;
	event.name = vz_strdup(name);
	event.words = vz_strdup("it failed a health check");
	vz_auto_tell(r, &event);
	return 0;
}

int vz_auto_withdraw_templates(struct vz_auto_run *r, struct vz_err *err)
{
	size_t n = 0;
	char **names = vz_manifest_names(r->store, &n, err);

	if (!names)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct vz_err why = {0};

		if (withdraw(r, names[i], &why) < 0)
			vz_auto_fail(r, true, names[i], &why);
	}
	vz_names_free(names, n);
	return 0;
}
