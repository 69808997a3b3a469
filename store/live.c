/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/live.h"

#include <string.h>

#include "base/fd.h"
#include "base/proc.h"
#include "store/outcome.h"
#include "store/record.h"
#include "store/tree.h"

void vz_live_release(struct vz_live *l)
{
	vz_digests_release(&l->images);
	vz_digests_release(&l->plans);
	vz_digests_release(&l->objects);
	vz_table_release(&l->versions);
	vz_table_release(&l->records);
	vz_table_release(&l->outcomes);
	vz_texts_release(&l->unread);
	*l = (struct vz_live){0};
}

uint32_t vz_live_join(uint32_t a, uint32_t b)
{
	return !a ? b : !b || a == b ? a : VZ_LIVE_SHARED;
}

uint32_t vz_live_holder(const struct vz_table *t, const char *key)
{
	return (uint32_t)(uintptr_t)vz_table_get(t, key);
}

static bool hold(struct vz_digests *s, const struct vz_digest *d, uint32_t holder)
{
	uint32_t *number = vz_digests_put(s, d), was = *number;

	*number = vz_live_join(was, holder);
	return *number != was;
}

static bool hold_key(struct vz_table *t, const char *key, uint32_t holder)
{
	uint32_t was = vz_live_holder(t, key), is = vz_live_join(was, holder);

	if (is == was)
		return false;
	vz_table_put(t, key, (void *)(uintptr_t)is);
	return true;
}

bool vz_live_add_image(struct vz_live *l, const struct vz_digest *d, uint32_t holder)
{
	return hold(&l->images, d, holder);
}

bool vz_live_add_plan(struct vz_live *l, const struct vz_digest *d, uint32_t holder)
{
	return hold(&l->plans, d, holder);
}

bool vz_live_add_version(struct vz_live *l, const char *ref, uint32_t holder)
{
	return hold_key(&l->versions, ref, holder);
}

bool vz_live_add_record(struct vz_live *l, const char *package, uint32_t holder)
{
	return hold_key(&l->records, package, holder);
}

void vz_live_add_unknown(struct vz_live *l, const struct vz_err *why)
{
	vz_texts_add(&l->unread, why->msg);
	l->unknown_roots = true;
}

/* The image that a live outcome was built on is live, and with it the outcome that gave it, and so on. */
static int mark_outcomes(const struct vz_store *s, struct vz_live *l, struct vz_err *err)
{
	auto_texts struct vz_texts keys = {0};
	const struct vz_digest none = {0};
	auto_free struct vz_outcome *all = NULL;
	bool more = true;

	if (vz_outcome_keys(s, &keys, err) < 0)
		return -1;
	all = vz_alloc((keys.n + 1) * sizeof *all);
	/* one that cannot be read is of no use to a builder: its image stays zero */
	for (size_t i = 0; i < keys.n; i++)
		if (vz_outcome_read(s, keys.v[i], &all[i], err) < 0)
			vz_texts_add(&l->unread, err->msg);
	while (more) {
		more = false;
		for (size_t i = 0; i < keys.n; i++) {
			uint32_t holder = vz_digests_get(&l->images, &all[i].image);

			if (holder && hold_key(&l->outcomes, keys.v[i], holder))
				more = true;
			if (holder && vz_digest_cmp(&all[i].parent, &none) && vz_live_add_image(l, &all[i].parent, holder))
				more = true;
			if (holder && vz_digest_cmp(&all[i].plan, &none))
				vz_live_add_plan(l, &all[i].plan, holder);
		}
	}
	return 0;
}

struct marking {
	struct vz_live *live;
	uint32_t holder;
};

static int mark_node(struct vz_node *n, void *ctx)
{
	const struct marking *m = ctx;

	if (!n->link && n->has_digest)
		hold(&m->live->objects, &n->digest, m->holder);
	return 0;
}

static void mark_tree(struct vz_live *l, struct vz_tree *t, uint32_t holder)
{
	struct marking m = { l, holder };

	vz_node_walk(t->root, mark_node, &m);
}

static void cannot_follow(struct vz_live *l, const struct vz_err *why)
{
	vz_texts_add(&l->unread, why->msg);
	l->unknown_objects = true;
}

static int mark_images(const struct vz_store *s, struct vz_live *l, const struct vz_report *report, struct vz_err *err)
{
	size_t done = 0;

	for (size_t i = 0; i < l->images.n_slots; i++) {
		const struct vz_digests_slot *image = &l->images.slots[i];
		auto_tree struct vz_tree *t = NULL;

		if (!image->number)
			continue;
		if (vz_interrupted(err) < 0)
			return -1;
		t = vz_store_image_tree(s, &image->digest, err);
		if (t)
			mark_tree(l, t, image->number);
		else
			cannot_follow(l, err);
		vz_report_progress(report, "images", ++done, l->images.n);
	}
	return 0;
}

/* A package that was never opened here, or not since recovery, has no record, and needs nothing. */
static int mark_records(const struct vz_store *s, struct vz_live *l, const struct vz_report *report, struct vz_err *err)
{
	for (size_t i = 0; i < l->records.n; i++) {
		const char *package = l->records.items[i].key;
		auto_record struct vz_record *r = NULL;

		if (vz_interrupted(err) < 0)
			return -1;
		r = vz_record_read(s, package, err);
		if (r)
			mark_tree(l, r->tree, vz_live_holder(&l->records, package));
		else if (err->code != VZ_NOTFOUND)
			cannot_follow(l, err);
		vz_report_progress(report, "packages", i + 1, l->records.n);
	}
	return 0;
}

int vz_live_mark(const struct vz_store *s, struct vz_live *l, const struct vz_report *report, struct vz_err *err)
{
	if (mark_outcomes(s, l, err) < 0 || mark_images(s, l, report, err) < 0)
		return -1;
	return mark_records(s, l, report, err);
}
