/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/publish.h"

#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "store/image.h"

/* What a template is, but for what building gives. */
static void describe(const struct vz_publish *p, struct vz_manifest *ret)
{
	*ret = (struct vz_manifest){
		.name = vz_strdup(p->recipe->name), .kind = vz_strdup(p->recipe->kind),
		.summary = vz_strdup(p->recipe->summary), .arch = vz_strdup(p->plan->arch),
		.family = vz_strdup(p->plan->family), .packages = p->plan->n_packages, .created = time(NULL),
	};
}

int vz_publish(const struct vz_publish *p, struct vz_manifest *ret, struct vz_err *err)
{
	auto_buf struct vz_buf lock = {0};
	struct vz_tree *tree = vz_stage_tree(p->last, err);
	struct vz_tree_stats stats;

	if (!tree)
		return -1;
	vz_tree_stats(tree, &stats);
	vz_plan_write(p->plan, &lock);
	describe(p, ret);
	ret->recipe = vz_strdup(p->recipe->text);
	ret->recipe_path = realpath(p->recipe->path, NULL);
	ret->lock = vz_buf_steal(&lock);
	ret->image = p->last->image;
	ret->image_size = p->last->image_size;
	ret->files = stats.files;
	ret->bytes = stats.bytes;
	ret->new_bytes = p->new_bytes;
	ret->seconds = p->seconds;
	ret->source_date = p->last->date;
	return vz_manifest_publish(p->store, ret, tree, p->log, err);
}

void vz_publish_describe(const struct vz_publish *p, struct vz_manifest *ret)
{
	describe(p, ret);
}

int vz_publish_is_current(const struct vz_publish *p, bool *ret_same, struct vz_manifest *ret, struct vz_err *err)
{
	auto_manifest struct vz_manifest m = {0};
	auto_plan struct vz_plan *old = NULL;

	*ret_same = false;
	if (!vz_manifest_current(p->store, p->recipe->name))
		return 0;
	if (vz_manifest_read(p->store, p->recipe->name, &m, err) < 0)
		return -1;
	old = vz_plan_read(m.lock, strlen(m.lock), "lock", err);
	if (!old)
		return -1;
	if (!vz_plan_same(old, p->plan) || strcmp(m.recipe, p->recipe->text))
		return 0;
	*ret = m;
	m = (struct vz_manifest){0};
	*ret_same = true;
	return 0;
}

void vz_publish_failure(const struct vz_publish *p, struct vz_err *err)
{
	auto_free char *path = vz_printf("logs/%s.log", p->recipe->name);
	int store = vz_store_fd(p->store);
	struct vz_err ignored = {0};
	char said[sizeof err->hint];

	if (!*p->log || vz_make_dirs(store, "logs", 0700, &ignored) < 0 ||
	    vz_write_file(store, path, p->log, strlen(p->log), 0600, &ignored) < 0)
		return;
	memcpy(said, err->hint, sizeof said);
	if (err->code == VZ_SCRIPT)
		vz_err_hint(err, "all output is in '%s/%s'%s%.400s", vz_store_path(p->store), path, *said ? "; " : "", said);
}

struct vz_plan *vz_publish_app_plan(const struct vz_recipe *recipe)
{
	struct vz_plan *plan = vz_new(struct vz_plan);

	plan->name = vz_strdup(recipe->name);
	plan->kind = vz_strdup(recipe->kind);
	plan->arch = vz_strdup(recipe->arch);
	plan->family = vz_strdup("any");
	return plan;
}

int vz_publish_app_stage(struct vz_store *s, struct vz_stage *ret, struct vz_err *err)
{
	auto_tree struct vz_tree *nothing = vz_tree_new();
	auto_buf struct vz_buf image = {0};

	if (vz_image_write(nothing, NULL, &image, err) < 0 ||
	    vz_store_put_image(s, image.data, image.len, &ret->image, err) < 0)
		return -1;
	ret->image_size = image.len;
	ret->tree = steal(&nothing);
	return vz_store_sync(s, err);
}
