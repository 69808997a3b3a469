/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/rpmdb.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

void vz_rpmdb_entries_release(struct vz_rpmdb_entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		vz_buf_release(&e->items[i]);
	free(e->items);
	*e = (struct vz_rpmdb_entries){0};
}

struct vz_buf *vz_rpmdb_entries_add(struct vz_rpmdb_entries *e)
{
	vz_grow(e->items, e->n, e->cap);
	e->items[e->n] = (struct vz_buf){0};
	return &e->items[e->n++];
}

/* ---- where it is ---- */

/* Macros that stand for the same directory on every distribution. */
static const struct { const char *name, *value; } known[] = {
	{ "%{_usr}", "/usr" }, { "%{_var}", "/var" }, { "%{_prefix}", "/usr" }, { "%{_localstatedir}", "/var" },
	{ "%{_sharedstatedir}", "/var/lib" }, { "%{_sysconfdir}", "/etc" }, { "%{_exec_prefix}", "/usr" },
	{ "%_usr", "/usr" }, { "%_var", "/var" }, { "%_prefix", "/usr" }, { "%_localstatedir", "/var" },
};

static char *expand(const char *value)
{
	auto_buf struct vz_buf b = {0};

	while (*value) {
		size_t i = 0, len = 0;

		if (*value != '%') {
			vz_buf_putc(&b, *value++);
			continue;
		}
		for (; i < sizeof known / sizeof *known; i++) {
			len = strlen(known[i].name);
			if (strncmp(value, known[i].name, len) == 0 && !isalnum((unsigned char)value[len]) && value[len] != '_')
				break;
		}
		if (i == sizeof known / sizeof *known)
			return NULL;
		vz_buf_puts(&b, known[i].value);
		value += len;
	}
	return vz_buf_steal(&b);
}

char *vz_rpmdb_macro(const char *text, size_t len, const char *name)
{
	const char *end = text + len;
	size_t name_len = strlen(name);
	char *found = NULL;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text)), *stop = nl ? nl : end, *p = text;

		text = nl ? nl + 1 : end;
		while (p < stop && (*p == ' ' || *p == '\t'))
			p++;
		if ((size_t)(stop - p) < name_len + 2 || *p != '%' || strncmp(p + 1, name, name_len) != 0)
			continue;
		p += 1 + name_len;
		if (*p != ' ' && *p != '\t')
			continue;
		while (p < stop && (*p == ' ' || *p == '\t'))
			p++;
		while (stop > p && isspace((unsigned char)stop[-1]))
			stop--;
		free(found);
		found = vz_strndup(p, (size_t)(stop - p));
	}
	if (found) {
		char *expanded = strlen(found) < 4096 ? expand(found) : NULL;

		free(found);
		found = expanded;
	}
	return found;
}

struct macros {
	const struct vz_store *store;
	const struct vz_tree *tree;
	char *path, *backend;
};

static int read_macros(struct macros *m, const struct vz_node *file, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	char *path, *backend;

	if (vz_content_get(m->store, file, &text, err) < 0)
		return -1;
	if (!text.len)
		return 0;
	path = vz_rpmdb_macro(text.data, text.len, "_dbpath");
	backend = vz_rpmdb_macro(text.data, text.len, "_db_backend");
	if (path) {
		free(m->path);
		m->path = path;
	}
	if (backend) {
		free(m->backend);
		m->backend = backend;
	}
	return 0;
}

/* Files of `dir` whose name the glob matches, in the order of their names, as rpm reads them. */
static int read_macro_files(struct macros *m, const char *dir, const char *glob, struct vz_err *err)
{
	const struct vz_node *d = vz_tree_lookup(m->tree, dir, true);

	for (uint32_t i = 0; d && vz_node_is_dir(d) && i < d->n_children; i++) {
		auto_free char *path = vz_printf("%s/%s", dir, d->children[i]->name);
		const struct vz_node *n = fnmatch(glob, d->children[i]->name, 0) ? NULL : vz_tree_lookup(m->tree, path, true);

		if (n && vz_node_is_file(vz_node_inode(n)) && read_macros(m, n, err) < 0)
			return vz_err_wrap(err, "'%s'", path);
	}
	return 0;
}

static int take_kind(const char *backend, struct vz_rpmdb_place *ret, struct vz_err *err)
{
	if (!backend || strcmp(backend, "sqlite") == 0)
		ret->kind = VZ_RPMDB_SQLITE;
	else if (strcmp(backend, "ndb") == 0)
		ret->kind = VZ_RPMDB_NDB;
	else {
		vz_err_set(err, VZ_FAILED, "this distribution's rpm keeps its database as '%s', which cannot be written",
			   backend);
		return vz_err_hint(err, "releases since 2020 keep it as sqlite or ndb");
	}
	return 0;
}

int vz_rpmdb_find(const struct vz_store *s, const struct vz_tree *t, struct vz_rpmdb_place *ret, struct vz_err *err)
{
	struct macros m = { .store = s, .tree = t };
	const char *fallback = vz_tree_lookup(t, "/usr/lib/sysimage/rpm", true) ? "/usr/lib/sysimage/rpm" : "/var/lib/rpm";
	int rc = read_macro_files(&m, "/usr/lib/rpm", "macros", err);

	if (rc == 0)
		rc = read_macro_files(&m, "/usr/lib/rpm/macros.d", "macros.*", err);
	if (rc == 0)
		rc = read_macro_files(&m, "/etc/rpm", "macros.*", err);
	if (rc == 0)
		rc = read_macro_files(&m, "/etc/rpm", "macros", err);
	if (rc == 0) {
		bool sane = m.path && m.path[0] == '/' && strlen(m.path) < sizeof ret->dir && !strstr(m.path, "..");

		snprintf(ret->dir, sizeof ret->dir, "%s", sane ? m.path : fallback);
		rc = take_kind(m.backend, ret, err);
	}
	free(m.path);
	free(m.backend);
	return rc;
}

/* ---- what is in it ---- */

static const struct {
	const char *file;
	const char *const beside[3];
} files[] = {
	[VZ_RPMDB_SQLITE] = { "rpmdb.sqlite", { VZ_RPMDB_WAL, "rpmdb.sqlite-shm" } },
	[VZ_RPMDB_NDB] = { "Packages.db", { "Index.db" } },
};

const char *vz_rpmdb_file(enum vz_rpmdb_kind kind)
{
	return files[kind].file;
}

const char *const *vz_rpmdb_beside(enum vz_rpmdb_kind kind)
{
	return files[kind].beside;
}

int vz_rpmdb_parse(enum vz_rpmdb_kind kind, const struct vz_buf *db, const struct vz_buf *wal,
		   struct vz_rpmdb_entries *ret, struct vz_err *err)
{
	if (!db->len)
		return 0;
	return kind == VZ_RPMDB_SQLITE ? vz_rpmdb_sqlite_read(db, wal, ret, err) : vz_rpmdb_ndb_read(db, ret, err);
}

int vz_rpmdb_form(enum vz_rpmdb_kind kind, const struct vz_rpmdb_entries *e, int64_t date, struct vz_buf *ret,
		  struct vz_err *err)
{
	return kind == VZ_RPMDB_SQLITE ? vz_rpmdb_sqlite_write(e, ret, err) : vz_rpmdb_ndb_write(e, date, ret, err);
}

/* `e` goes behind what is in `before`, which takes its place. */
static void append(struct vz_rpmdb_entries *e, struct vz_rpmdb_entries *before)
{
	struct vz_rpmdb_entries added = *e;

	*e = *before;
	*before = added;
	for (size_t i = 0; i < added.n; i++) {
		*vz_rpmdb_entries_add(e) = added.items[i];
		added.items[i] = (struct vz_buf){0};
	}
}

int vz_rpmdb_grow(const struct vz_rpmdb_growth *g, struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err)
{
	auto_rpmdb_entries struct vz_rpmdb_entries before = {0};

	if (g->from.len && g->kind == VZ_RPMDB_SQLITE && g->to == VZ_RPMDB_SQLITE) {
		if (vz_rpmdb_sqlite_grow(&g->from, e, &before, ret, err) < 0)
			return -1;
		append(e, &before);
		return 0;
	}
	if (vz_rpmdb_parse(g->kind, &g->from, NULL, &before, err) < 0)
		return -1;
	append(e, &before);
	return vz_rpmdb_form(g->to, e, g->date, ret, err);
}

static struct vz_node *find_file(const struct vz_tree *t, const struct vz_rpmdb_place *place, const char *name)
{
	auto_free char *path = vz_printf("%s/%s", place->dir, name);
	struct vz_node *n = vz_tree_lookup(t, path, true);

	return n && vz_node_is_file(vz_node_inode(n)) ? n : NULL;
}

int vz_rpmdb_load(const struct vz_store *s, const struct vz_tree *t, const struct vz_rpmdb_place *place,
		  struct vz_buf *ret, struct vz_err *err)
{
	const struct vz_node *file = find_file(t, place, vz_rpmdb_file(place->kind));

	return file && vz_content_get(s, file, ret, err) < 0 ? vz_err_wrap(err, "the package database") : 0;
}

int vz_rpmdb_read(const struct vz_store *s, const struct vz_tree *t, const struct vz_rpmdb_place *place,
		  struct vz_rpmdb_entries *ret, struct vz_err *err)
{
	auto_buf struct vz_buf db = {0};

	return vz_rpmdb_load(s, t, place, &db, err) < 0 ? -1 : vz_rpmdb_parse(place->kind, &db, NULL, ret, err);
}

static int put(struct vz_store *s, struct vz_tree *t, const struct vz_rpmdb_place *place, const char *name,
	       const struct vz_buf *data, int64_t date, struct vz_err *err)
{
	auto_free char *path = vz_printf("%s/%s", place->dir, name);
	const struct vz_content_file f = { path, 0644, date, data->data ? data->data : "", data->len };

	return vz_content_write(s, t, &f, err);
}

int vz_rpmdb_write(struct vz_store *s, struct vz_tree *t, const struct vz_rpmdb_place *place, const struct vz_buf *db,
		   int64_t date, struct vz_err *err)
{
	const struct vz_buf empty = {0};

	if (put(s, t, place, vz_rpmdb_file(place->kind), db, date, err) < 0)
		return -1;
	if (place->kind == VZ_RPMDB_NDB)
		return 0;
	/* who may not write there can only read what has these (sqlite's WAL mode) */
	if (put(s, t, place, VZ_RPMDB_WAL, &empty, date, err) < 0)
		return -1;
	return put(s, t, place, "rpmdb.sqlite-shm", &empty, date, err);
}

int vz_rpmdb_settle(struct vz_store *s, struct vz_tree *t, const struct vz_rpmdb_place *place, struct vz_err *err)
{
	struct vz_node *lock = find_file(t, place, ".rpm.lock"), *wal = find_file(t, place, VZ_RPMDB_WAL),
		       *shm = find_file(t, place, "rpmdb.sqlite-shm");

	if (lock)
		vz_tree_remove(t, lock);
	/* with an empty journal, the index of it says nothing */
	if (wal && shm && vz_node_inode(wal)->size == 0)
		return vz_content_set(s, vz_node_inode(shm), "", 0, err);
	return 0;
}
