/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/restore_read.h"

#include <string.h>

#include "base/path.h"
#include "resolver/plan.h"
#include "store/dump.h"

#define MAX_SMALL ((size_t)64 << 10)
#define MAX_TEXT ((size_t)64 << 20)
#define MAX_TREE ((size_t)1 << 30)

void vz_restore_read_release(struct vz_restore_read *r)
{
	for (size_t i = 0; i < r->n_parts; i++) {
		free(r->parts[i].ref);
		vz_buf_release(&r->parts[i].manifest);
		vz_buf_release(&r->parts[i].lock);
		vz_arrival_release(&r->parts[i].arrival);
	}
	free(r->parts);
	vz_env_release(&r->env);
	vz_settings_release(&r->settings);
	vz_buf_release(&r->plan);
	vz_tree_free(r->composition);
	vz_tree_free(r->private);
}

static int out_of_place(const struct vz_parcel_item *item, struct vz_err *err)
{
	return vz_err_set(err, VZ_UNTRUSTED, "'%s %s' has no place in it", item->kind, item->name);
}

/* What a reader of one of our formats refuses came from somewhere else. */
static int untrusted(struct vz_err *err)
{
	err->code = VZ_UNTRUSTED;
	return -1;
}

static int read_env(struct vz_restore_read *r, struct vz_parcel_reader *from, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_parcel_text(from, MAX_SMALL, &text, err) < 0)
		return -1;
	r->has_env = true;
	return vz_env_parse(text.data ? text.data : "", text.len, &r->env, err) < 0 ? untrusted(err) : 0;
}

static int read_settings(struct vz_restore_read *r, struct vz_parcel_reader *from, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_parcel_text(from, MAX_SMALL, &text, err) < 0)
		return -1;
	r->has_settings = true;
	return vz_settings_parse(text.data ? text.data : "", text.len, &r->settings, err) < 0 ? untrusted(err) : 0;
}

static int read_tree(struct vz_tree **ret, struct vz_parcel_reader *from, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_parcel_text(from, MAX_TREE, &text, err) < 0)
		return -1;
	*ret = vz_dump_read(text.data ? text.data : "", text.len, err);
	if (!*ret)
		return untrusted(err);
	vz_tree_count_links(*ret);
	return 0;
}

/* A text that stands there once. */
static int read_text(struct vz_buf *ret, struct vz_parcel_reader *from, const struct vz_parcel_item *item, struct vz_err *err)
{
	if (ret->data)
		return out_of_place(item, err);
	vz_buf_reserve(ret, 1);
	if (vz_parcel_text(from, MAX_TEXT, ret, err) < 0)
		return -1;
	ret->data[ret->len] = 0;
	return strlen(ret->data) == ret->len ? 0 : out_of_place(item, err);
}

/* Of a template: its manifest begins it, the other items are the last one's. */
static int read_part(struct vz_restore_read *r, struct vz_parcel_reader *from, const struct vz_parcel_item *item,
		     struct vz_err *err)
{
	struct vz_restore_part *p = r->n_parts ? &r->parts[r->n_parts - 1] : NULL;

	if (strcmp(item->kind, "manifest") == 0) {
		if (r->n_parts > VZ_BACKUP_APPS_MAX)
			return out_of_place(item, err);
		r->parts = vz_realloc(r->parts, r->n_parts + 1, sizeof *r->parts);
		p = &r->parts[r->n_parts++];
		*p = (struct vz_restore_part){ .ref = vz_strdup(item->name) };
		return read_text(&p->manifest, from, item, err);
	}
	if (!p || strcmp(p->ref, item->name) != 0)
		return out_of_place(item, err);
	if (strcmp(item->kind, "lock") == 0)
		return read_text(&p->lock, from, item, err);
	return p->arrival.tree ? out_of_place(item, err) : read_tree(&p->arrival.tree, from, err);
}

int vz_restore_item(void *ctx, struct vz_parcel_reader *from, const struct vz_parcel_item *item, struct vz_err *err)
{
	struct vz_restore_read *r = ctx;
	const char *kind = item->kind;

	if (strcmp(kind, "backup") == 0)
		return r->has_env ? out_of_place(item, err) : read_env(r, from, err);
	/* the record is first: so what is not a backup is told at once */
	if (!r->has_env)
		return vz_err_set(err, VZ_UNTRUSTED, "it is not a backup");
	if (strcmp(kind, "settings") == 0)
		return r->has_settings ? out_of_place(item, err) : read_settings(r, from, err);
	if (strcmp(kind, "plan") == 0)
		return read_text(&r->plan, from, item, err);
	if (strcmp(kind, "manifest") == 0 || strcmp(kind, "lock") == 0 || strcmp(kind, "tree") == 0)
		return read_part(r, from, item, err);
	if (strcmp(kind, "composition") == 0)
		return r->composition ? out_of_place(item, err) : read_tree(&r->composition, from, err);
	if (strcmp(kind, "private") == 0)
		return r->private ? out_of_place(item, err) : read_tree(&r->private, from, err);
	return out_of_place(item, err);
}

static int check_plan(const struct vz_buf *text, const char *what, struct vz_err *err)
{
	auto_plan struct vz_plan *plan = vz_plan_read(text->data, text->len, what, err);

	return plan ? 0 : untrusted(err);
}

/* Is the template the one that the record calls so? */
static int complete_part(struct vz_restore_part *p, const char *ref, struct vz_err *err)
{
	struct vz_arrival *a = &p->arrival;
	auto_free char *named = NULL;

	if (strcmp(p->ref, ref) != 0 || !p->lock.data || !a->tree)
		return vz_err_set(err, VZ_UNTRUSTED, "it does not have template '%s'", ref);
	if (check_plan(&p->lock, ref, err) < 0 || vz_arrival_read(a, p->manifest.data, p->manifest.len, p->lock.data, err) < 0)
		return -1;
	named = vz_printf("%s@%u", a->from.name, a->from.version);
	return strcmp(named, ref) == 0 && vz_name_is_sane(a->from.name)
		       ? 0 : vz_err_set(err, VZ_UNTRUSTED, "the manifest of '%s' is that of '%s'", ref, named);
}

int vz_restore_complete(struct vz_restore_read *r, struct vz_err *err)
{
	const struct vz_composition *c = &r->env.shows;
	auto_free char *os = NULL;
	struct vz_digest sum;

	if (!r->has_env || !r->has_settings || !r->plan.data || r->n_parts != c->apps.n + 1)
		return vz_err_set(err, VZ_UNTRUSTED, "the backup is not complete");
	os = vz_printf("%s@%u", c->template_name, c->template_version);
	vz_sha256(r->plan.data, r->plan.len, &sum);
	if (vz_digest_cmp(&sum, &c->plan))
		return vz_err_set(err, VZ_UNTRUSTED, "the plan is not the one that the record names");
	if (check_plan(&r->plan, "plan", err) < 0 || complete_part(&r->parts[0], os, err) < 0)
		return -1;
	for (size_t i = 0; i < c->apps.n; i++)
		if (complete_part(&r->parts[i + 1], c->apps.v[i], err) < 0)
			return -1;
	return 0;
}
