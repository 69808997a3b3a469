/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM's package database in a merge.
 *
 * An entry of it is a package's.  What has several instances at a time (kernels,
 * keys) is each instance on its own.  If anything has to be written, it is the
 * whole database, in the new composition's order, and what belongs to the old
 * one (a journal, an index) goes with that.
 */
#include <string.h>

#include "builder/merge_packages.h"
#include "builder/rpmdb_outline.h"

#define NONE SIZE_MAX

struct side {
	struct vz_rpmdb_entries entries;
	struct vz_rpmdb_outline outline;
	struct vz_table keys;            /* number of an entry, + 1 */
};

struct database {
	struct vz_merging *g;
	enum vz_rpmdb_kind kind;
	char *dir, *path;                /* its directory and itself, without links on the way */
	struct side base, theirs, new;
	struct vz_table many;            /* names that come more than once on a side */
	bool *kept, *taken;              /* of each of theirs: it stays; of each new one: it comes */
};

static void side_release(struct side *s)
{
	vz_rpmdb_entries_release(&s->entries);
	vz_rpmdb_outline_release(&s->outline);
	vz_table_release(&s->keys);
}

static void database_release(struct database *d)
{
	side_release(&d->base);
	side_release(&d->theirs);
	side_release(&d->new);
	vz_table_release(&d->many);
	free(d->dir);
	free(d->path);
	free(d->kept);
	free(d->taken);
}

/* ---- reading ---- */

/* Of the tenant's journal what it says, if it is a file; else nothing. */
static int read_wal(struct database *d, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("%s/" VZ_RPMDB_WAL, d->dir);
	struct vz_survey_place p;

	vz_survey_place(&d->g->survey, path, &p);
	if (d->kind != VZ_RPMDB_SQLITE || !p.entry || p.entry->whiteout || !vz_node_is_file(p.entry->node) || !p.entry->seen.there)
		return 0;
	return vz_survey_content(&d->g->survey, d->g->m->store, p.entry, ret, err);
}

static int read_side(struct database *d, struct side *s, const struct vz_buf *db, const struct vz_buf *wal,
		     struct vz_err *err)
{
	auto_table struct vz_table here = {0};

	if (vz_rpmdb_parse(d->kind, db, wal, &s->entries, err) < 0 || vz_rpmdb_outline_read(&s->entries, &s->outline, err) < 0)
		return -1;
	for (size_t i = 0; i < s->outline.n; i++) {
		const char *name = s->outline.items[i].name;

		if (vz_table_has(&here, name) || strncmp(name, "gpg-pubkey", 10) == 0)
			vz_table_put(&d->many, name, NULL);
		vz_table_put(&here, name, NULL);
	}
	return 0;
}

static char *key_of(const struct database *d, const struct vz_rpmdb_package *p)
{
	return vz_table_has(&d->many, p->name) ? vz_printf("%s %s", p->name, p->evr) : vz_strdup(p->name);
}

static void index_side(const struct database *d, struct side *s)
{
	for (size_t i = 0; i < s->outline.n; i++) {
		auto_free char *key = key_of(d, &s->outline.items[i]);

		vz_table_put(&s->keys, key, (void *)(uintptr_t)(i + 1));
	}
}

static int read_all(struct database *d, const struct vz_merging_texts *have, const struct vz_buf *wal, struct vz_err *err)
{
	if (read_side(d, &d->base, &have->base, NULL, err) < 0 || read_side(d, &d->theirs, &have->theirs, wal, err) < 0 ||
	    read_side(d, &d->new, &have->new, NULL, err) < 0)
		return -1;
	index_side(d, &d->base);
	index_side(d, &d->theirs);
	index_side(d, &d->new);
	return 0;
}

/* ---- package by package ---- */

static size_t find(const struct side *s, const char *key)
{
	return (size_t)(uintptr_t)vz_table_get(&s->keys, key) - 1;
}

static const char *version(const struct side *s, size_t i)
{
	return i == NONE ? NULL : s->outline.items[i].evr;
}

static bool is_theirs(const struct database *d, const char *key)
{
	const struct vz_merge_package p = {
		key, version(&d->base, find(&d->base, key)), version(&d->theirs, find(&d->theirs, key)),
		version(&d->new, find(&d->new, key)),
	};

	return vz_merge_package_is_theirs(d->g, d->path, &p);
}

static void decide(struct database *d)
{
	d->kept = vz_alloc((d->theirs.outline.n + 1) * sizeof *d->kept);
	d->taken = vz_alloc((d->new.outline.n + 1) * sizeof *d->taken);
	for (size_t i = 0; i < d->new.outline.n; i++) {
		auto_free char *key = key_of(d, &d->new.outline.items[i]);
		size_t theirs = find(&d->theirs, key);

		d->taken[i] = !is_theirs(d, key);
		if (!d->taken[i] && theirs != NONE)
			d->kept[theirs] = true;
	}
	for (size_t i = 0; i < d->theirs.outline.n; i++) {
		auto_free char *key = key_of(d, &d->theirs.outline.items[i]);

		if (find(&d->new, key) == NONE)
			d->kept[i] = is_theirs(d, key);
	}
}

static void add_files(const struct vz_texts *files, const struct vz_table *but, struct vz_texts *ret)
{
	for (size_t i = 0; i < files->n; i++)
		if (!vz_table_has(but, files->v[i]))
			vz_texts_add(ret, files->v[i]);
}

/* Files of packages that are the tenant's, and of the versions that do not come for their sake; but several packages
 * may have one file, and it comes with those that do. */
static void pin_all(struct database *d)
{
	auto_table struct vz_table come = {0};
	auto_texts struct vz_texts paths = {0};
	const struct vz_table nothing = {0};

	for (size_t i = 0; i < d->new.outline.n; i++)
		for (size_t k = 0; d->taken[i] && k < d->new.outline.items[i].files.n; k++)
			vz_table_put(&come, d->new.outline.items[i].files.v[k], NULL);
	for (size_t i = 0; i < d->theirs.outline.n; i++)
		if (d->kept[i])
			add_files(&d->theirs.outline.items[i].files, &nothing, &paths);
	for (size_t i = 0; i < d->new.outline.n; i++)
		if (!d->taken[i])
			add_files(&d->new.outline.items[i].files, &come, &paths);
	vz_texts_sort(&paths);
	vz_merge_pin_files(d->g, &paths);
}

/* ---- writing ---- */

static void add_entry(struct vz_rpmdb_entries *to, const struct vz_buf *entry)
{
	vz_buf_add(vz_rpmdb_entries_add(to), entry->data, entry->len);
}

/* In the new composition's order; what it does not know comes last. */
static void gather(const struct database *d, struct vz_rpmdb_entries *ret)
{
	for (size_t i = 0; i < d->new.outline.n; i++) {
		auto_free char *key = key_of(d, &d->new.outline.items[i]);
		size_t theirs = find(&d->theirs, key);

		if (d->taken[i])
			add_entry(ret, &d->new.entries.items[i]);
		else if (theirs != NONE)
			add_entry(ret, &d->theirs.entries.items[theirs]);
	}
	for (size_t i = 0; i < d->theirs.outline.n; i++) {
		auto_free char *key = key_of(d, &d->theirs.outline.items[i]);

		if (d->kept[i] && find(&d->new, key) == NONE)
			add_entry(ret, &d->theirs.entries.items[i]);
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct vz_buf *x = *(const struct vz_buf *const *)a, *y = *(const struct vz_buf *const *)b;
	int order = x->len < y->len ? -1 : x->len > y->len;

	return order || !x->len ? order : memcmp(x->data, y->data, x->len);
}

static const struct vz_buf **sorted(const struct vz_rpmdb_entries *e)
{
	const struct vz_buf **v = vz_alloc((e->n + 1) * sizeof *v);

	for (size_t i = 0; i < e->n; i++)
		v[i] = &e->items[i];
	if (e->n)
		qsort(v, e->n, sizeof *v, by_bytes);
	return v;
}

/* The same entries, in whatever order. */
static bool same_entries(const struct vz_rpmdb_entries *a, const struct vz_rpmdb_entries *b)
{
	auto_free const struct vz_buf **x = sorted(a), **y = sorted(b);
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = by_bytes(&x[i], &y[i]) == 0;
	return same;
}

/* What belongs to the database follows it: there is none besides the new composition's any more. */
static int follow_beside(struct database *d, struct vz_err *err)
{
	for (const char *const *name = vz_rpmdb_beside(d->kind); *name; name++) {
		auto_free char *path = vz_printf("%s/%s", d->dir, *name);

		if (vz_tree_find(d->g->m->from, path) || vz_tree_find(d->g->m->to, path))
			vz_merging_follow(d->g, VZ_UPPER_TAKEN, path);
		else if (vz_merging_drop(d->g, VZ_UPPER_TAKEN, path, err) < 0)
			return -1;
	}
	return 0;
}

static void leave_beside(struct database *d)
{
	for (const char *const *name = vz_rpmdb_beside(d->kind); *name; name++) {
		auto_free char *path = vz_printf("%s/%s", d->dir, *name);

		vz_merging_settle(d->g, path);
	}
}

static int put(struct database *d, const struct vz_merging_texts *have, struct vz_err *err)
{
	auto_rpmdb_entries struct vz_rpmdb_entries merged = {0};
	auto_buf struct vz_buf db = {0};
	const struct vz_buf *text = &db;
	bool stays;

	gather(d, &merged);
	stays = same_entries(&merged, &d->theirs.entries);
	if (same_entries(&merged, &d->new.entries))
		text = &have->new;
	else if (stays)
		text = &have->theirs;
	else if (vz_rpmdb_form(d->kind, &merged, vz_node_inode(have->entry->to)->mtime, &db, err) < 0)
		return -1;
	vz_merging_texts_put(d->g, d->path, have, text);
	if (text != &have->theirs)
		return follow_beside(d, err);
	leave_beside(d);
	return 0;
}

/* ---- the whole ---- */

static int merge_database(struct database *d, const struct vz_merging_texts *have, struct vz_err *err)
{
	auto_buf struct vz_buf wal = {0};
	struct vz_err why = {0};

	if (read_wal(d, &wal, err) < 0)
		return -1;
	if (read_all(d, have, &wal, &why) < 0) {
		vz_upper_conflict(d->g->plan, d->path, "%s, and stays as it is here", why.msg);
		vz_merging_settle(d->g, d->path);
		leave_beside(d);
		return 0;
	}
	decide(d);
	pin_all(d);
	return put(d, have, err);
}

static int merge_at(struct database *d, struct vz_err *err)
{
	auto_merging_texts struct vz_merging_texts have = {0};
	struct vz_survey_place p;
	int rc = vz_merging_texts_read(d->g, d->path, &have, err);

	if (rc > 0)
		return merge_database(d, &have, err);
	vz_survey_place(&d->g->survey, d->path, &p);
	/* the composition's is what shows, and another one than before: a journal is not this one's */
	if (rc == 0 && vz_merging_is_settled(d->g, d->path) && !p.entry && !p.blocked)
		return follow_beside(d, err);
	if (rc == 0 && vz_merging_is_settled(d->g, d->path))
		leave_beside(d);
	return rc;
}

static const struct vz_node *find_database(const struct vz_merging *g, const struct vz_tree *t, enum vz_rpmdb_kind *ret,
					   struct vz_err *err)
{
	struct vz_rpmdb_place place = {0};
	auto_free char *path = NULL;

	if (vz_rpmdb_find(g->m->store, t, &place, err) < 0)
		return NULL;
	*ret = place.kind;
	path = vz_printf("%s/%s", place.dir, vz_rpmdb_file(place.kind));
	*err = (struct vz_err){0};
	return vz_tree_lookup(t, path, true);
}

static int merge_packages(struct vz_merging *g, struct vz_err *err)
{
	__attribute__((cleanup(database_release))) struct database d = { .g = g };
	enum vz_rpmdb_kind old;
	const struct vz_node *to = find_database(g, g->m->to, &d.kind, err), *from;
	auto_free char *before = NULL;
	struct vz_survey_place p;

	if (!to)
		return err->code ? -1 : 0;
	d.path = vz_node_path(to);
	d.dir = vz_strndup(d.path, (size_t)(strrchr(d.path, '/') - d.path));
	from = find_database(g, g->m->from, &old, err);
	if (!from && err->code)
		return -1;
	before = from ? vz_node_path(from) : NULL;
	if (before && strcmp(before, d.path) != 0) {
		vz_survey_place(&g->survey, before, &p);
		if (p.entry)
			vz_upper_conflict(g->plan, before, "changed here; the new composition's package database is '%s'", d.path);
	}
	return merge_at(&d, err);
}

const struct vz_merge_ops vz_merge_rpm = { "rpm", merge_packages };
