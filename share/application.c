/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/application.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/publish.h"
#include "link/env.h"
#include "resolver/recipe.h"
#include "share/subject.h"
#include "store/image.h"

void vz_application_release(struct vz_application *a)
{
	vz_recording_make_release(&a->make);
	vz_manifest_release(&a->manifest);
}

/* A name that something else has must not come to mean this. */
static int check_name(const struct vz_application *a, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_recording_about struct vz_recording_about about = {0};
	auto_tree struct vz_tree *t = NULL;

	if (!vz_name_is_sane(a->name))
		return vz_err_set(err, VZ_USAGE, "'%s' cannot be the name of a template", a->name);
	if (!vz_manifest_current(a->store, a->name))
		return 0;
	if (vz_manifest_read(a->store, a->name, &m, err) < 0)
		return -1;
	t = vz_manifest_tree(a->store, &m, err);
	if (!t)
		return -1;
	if (strcmp(m.kind, "app") == 0 && vz_recording_about(a->store, t, &about, err) == 0)
		return 0;
	if (err->code != VZ_NOTFOUND && strcmp(m.kind, "app") == 0)
		return -1;
	return vz_err_set(err, VZ_EXISTS, "template '%s' exists already, and was made from a recipe", a->name);
}

static int make_recipe(const struct vz_application *a, struct vz_recipe **ret, struct vz_err *err)
{
	auto_free char *default_summary = vz_printf("Captured from environment '%s'", a->env);
	auto_buf struct vz_buf text = {0};

	vz_buf_printf(&text, "[template]\nname = %s\nkind = app\nsummary = %s\n", a->name, a->summary ? a->summary : default_summary);
	*ret = vz_recipe_parse(text.data, text.len, a->name, err);
	return *ret ? 0 : -1;
}

static int describe(struct vz_application *a, const struct vz_recipe *recipe, const struct vz_tree *t, struct vz_err *err)
{
	auto_plan struct vz_plan *plan = vz_publish_app_plan(recipe);
	auto_buf struct vz_buf lock = {0};
	struct vz_manifest *m = &a->manifest;
	struct vz_tree_stats stats;

	(void)err;
	vz_plan_write(plan, &lock);
	vz_tree_stats(t, &stats);
	*m = (struct vz_manifest){
		.name = vz_strdup(a->name), .kind = vz_strdup("app"), .summary = vz_strdup(recipe->summary),
		.arch = vz_strdup(plan->arch), .family = vz_strdup(plan->family), .recipe = vz_strdup(recipe->text),
		.lock = vz_buf_steal(&lock), .files = stats.files, .bytes = stats.bytes, .created = time(NULL),
	};
	m->source_date = m->created;
	return 0;
}

static int publish(struct vz_application *a, const struct vz_tree *t, struct vz_err *err)
{
	auto_free char *log = vz_printf("captured from environment '%s'\n", a->env);
	auto_buf struct vz_buf image = {0};
	auto_fd int lock = -1;

	if (vz_image_write(t, NULL, &image, err) < 0)
		return -1;
	a->manifest.image_size = image.len;
	if (a->dry_run) {
		vz_verity_bytes(image.data, image.len, &a->manifest.image);
		return 0;
	}
	lock = vz_store_lock(a->store, "template", a->name, true, err);
	if (lock < 0 || check_name(a, err) < 0 ||
	    vz_store_put_image(a->store, image.data, image.len, &a->manifest.image, err) < 0)
		return -1;
	return vz_manifest_publish(a->store, &a->manifest, t, log, err);
}

int vz_application_capture(struct vz_application *a, struct vz_err *err)
{
	auto_subject struct vz_subject subject = {0};
	auto_recipe struct vz_recipe *recipe = NULL;
	auto_env struct vz_env e = {0};
	auto_tree struct vz_tree *t = NULL;

	if (check_name(a, err) < 0 || make_recipe(a, &recipe, err) < 0 || vz_env_read(a->store, a->env, &e, err) < 0)
		return -1;
	vz_report_stage(a->report, "reading '%s'", a->env);
	if (vz_subject_open_env(a->store, a->env, &subject, err) < 0)
		return -1;
	a->make.store = a->store;
	a->make.family = subject.plan->family;
	a->make.template = e.shows.template_name;
	a->make.from = subject.below;
	a->make.to = subject.tree;
	t = vz_recording_make(&a->make, err);
	if (!t)
		return vz_err_wrap(err, "environment '%s'", a->env);
	return describe(a, recipe, t, err) < 0 ? -1 : publish(a, t, err);
}

int vz_application_recipe(const struct vz_store *s, const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err)
{
	auto_tree struct vz_tree *t = vz_manifest_tree(s, m, err);
	auto_recording_about struct vz_recording_about about = {0};
	size_t asked = 0;

	if (!t || vz_recording_about(s, t, &about, err) < 0)
		return t ? vz_err_wrap(err, "template '%s'", m->name) : -1;
	vz_buf_printf(ret, "[template]\nname = %s\nkind = app\n", m->name);
	if (m->summary)
		vz_buf_printf(ret, "summary = %s\n", m->summary);
	vz_buf_printf(ret, "\n[packages %s]\ninstall =\n", about.template);
	for (size_t i = 0; i < about.packages.n; i++) {
		const char *line = about.packages.v[i], *how = strrchr(line, ' ');

		if (!how || strcmp(how, " asked") != 0)
			continue;
		vz_buf_printf(ret, "\t%.*s\n", (int)strcspn(line, " "), line);
		asked++;
	}
	if (!asked)
		return vz_err_set(err, VZ_NOTFOUND, "template '%s' has no packages that were asked for", m->name);
	return 0;
}
