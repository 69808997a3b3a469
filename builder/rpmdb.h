/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RPM database of a tree: where it is, what is in it, and a new one.
 *
 * Its place and kind are the target's own, found by reading the target's macro
 * files as text: nothing in them is ever evaluated.  sqlite databases are read
 * and written by librpm, in a process of its own whose root directory is an
 * empty one, so that neither the host's macros nor its files have a part in it;
 * ndb databases (openSUSE), which Debian's librpm knows nothing of, by us.
 * Equal entries in equal order, added in as many turns, give equal bytes.
 */
#ifndef BUILDER_RPMDB_H
#define BUILDER_RPMDB_H

#include "base/buf.h"
#include "builder/content.h"
#include "store/store.h"
#include "store/tree.h"

enum vz_rpmdb_kind {
	VZ_RPMDB_SQLITE,         /* rpmdb.sqlite */
	VZ_RPMDB_NDB,            /* Packages.db; rpm makes Index.db from it when it is missing or older */
};

struct vz_rpmdb_place {
	char dir[256];           /* absolute, inside */
	enum vz_rpmdb_kind kind;
};

/* Entries as builder/rpm_header.h has them, in the order of installation. */
struct vz_rpmdb_entries {
	struct vz_buf *items;
	size_t n, cap;
};
void vz_rpmdb_entries_release(struct vz_rpmdb_entries *e);
#define auto_rpmdb_entries __attribute__((cleanup(vz_rpmdb_entries_release)))
/* Makes room for one more; it is empty. */
struct vz_buf *vz_rpmdb_entries_add(struct vz_rpmdb_entries *e);

/* Where the tree's rpm has its database: %_dbpath and %_db_backend, else
 * /usr/lib/sysimage/rpm if that directory is there, else /var/lib/rpm, and
 * sqlite. A kind that is not known is an error. */
int vz_rpmdb_find(const struct vz_store *s, const struct vz_tree *t, struct vz_rpmdb_place *ret, struct vz_err *err);
/* Of a macro file's text, the last definition of `name` with what it says about
 * paths expanded ("%{_usr}/lib"); NULL if there is none, or one that says more. To be freed. */
char *vz_rpmdb_macro(const char *text, size_t len, const char *name);

/* Reads what the tree has at `place`; nothing there gives nothing. */
int vz_rpmdb_read(const struct vz_store *s, const struct vz_tree *t, const struct vz_rpmdb_place *place,
		  struct vz_rpmdb_entries *ret, struct vz_err *err);
/* The same as bytes, of a database without a journal. */
int vz_rpmdb_load(const struct vz_store *s, const struct vz_tree *t, const struct vz_rpmdb_place *place,
		  struct vz_buf *ret, struct vz_err *err);
/* Puts a database there, instead of what there is. */
int vz_rpmdb_write(struct vz_store *s, struct vz_tree *t, const struct vz_rpmdb_place *place, const struct vz_buf *db,
		   int64_t date, struct vz_err *err);
/* Takes away what tells of the last use only. */
int vz_rpmdb_settle(struct vz_store *s, struct vz_tree *t, const struct vz_rpmdb_place *place, struct vz_err *err);

/* The file that holds it, below `dir`; and those that belong to it and are nothing without it, up to NULL. */
const char *vz_rpmdb_file(enum vz_rpmdb_kind kind);
const char *const *vz_rpmdb_beside(enum vz_rpmdb_kind kind);
#define VZ_RPMDB_WAL "rpmdb.sqlite-wal"  /* of these, the one that may hold what the database does not have yet */

/* A database as bytes: the whole file, and what is in its journal (or NULL). `date` is kept where the kind has room. */
int vz_rpmdb_parse(enum vz_rpmdb_kind kind, const struct vz_buf *db, const struct vz_buf *wal,
		   struct vz_rpmdb_entries *ret, struct vz_err *err);
int vz_rpmdb_form(enum vz_rpmdb_kind kind, const struct vz_rpmdb_entries *e, int64_t date, struct vz_buf *ret,
		  struct vz_err *err);

/* A database to which entries are added; it may become one of the other kind. */
struct vz_rpmdb_growth {
	struct vz_buf from;              /* what there is; empty: nothing */
	enum vz_rpmdb_kind kind, to;
	int64_t date;
};
/* `e` is what is added, and becomes all that is in the database then: what was there, then the new ones. */
int vz_rpmdb_grow(const struct vz_rpmdb_growth *g, struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err);

/* The two kinds. */
int vz_rpmdb_sqlite_read(const struct vz_buf *db, const struct vz_buf *wal, struct vz_rpmdb_entries *ret,
			 struct vz_err *err);
int vz_rpmdb_sqlite_write(const struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err);
/* Adds entries to `db`, at the price of those entries; `ret_before` gets what was there. */
int vz_rpmdb_sqlite_grow(const struct vz_buf *db, const struct vz_rpmdb_entries *added,
			 struct vz_rpmdb_entries *ret_before, struct vz_buf *ret, struct vz_err *err);
int vz_rpmdb_ndb_read(const struct vz_buf *db, struct vz_rpmdb_entries *ret, struct vz_err *err);
int vz_rpmdb_ndb_write(const struct vz_rpmdb_entries *e, int64_t date, struct vz_buf *ret, struct vz_err *err);

#endif
