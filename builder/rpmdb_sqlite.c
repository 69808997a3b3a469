/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "builder/cell.h"
#include "builder/rpmdb.h"

#define FILE_NAME "rpmdb.sqlite"
#define LIMIT (1u << 30)

/* What goes on in the cell: it gives the entries that were there, each behind its size, a size of 0, and, if any are
 * added, the database. */
struct work {
	const struct vz_buf *db, *wal;           /* what there is; NULL: nothing */
	const struct vz_rpmdb_entries *added;    /* NULL: it is only read */
	char said[512];                          /* librpm's last words */
};

static int on_log(rpmlogRec rec, rpmlogCallbackData data)
{
	struct work *w = data;

	if (rpmlogRecPriority(rec) <= RPMLOG_ERR) {
		snprintf(w->said, sizeof w->said, "%s", rpmlogRecMessage(rec));
		w->said[strcspn(w->said, "\n")] = 0;
	}
	return 0;
}

static int failed(const struct work *w, const char *what, struct vz_err *err)
{
	return vz_err_set(err, VZ_FAILED, "%s the package database: %s", what, *w->said ? w->said : "librpm says no more");
}

static void begin(struct work *w)
{
	umask(022);
	rpmlogSetCallback(on_log, w);
	rpmFreeMacros(NULL);
	rpmPushMacro(NULL, "_dbpath", NULL, "/", RMIL_CMDLINE);
	rpmPushMacro(NULL, "_db_backend", NULL, "sqlite", RMIL_CMDLINE);
	rpmPushMacro(NULL, "_rpmlock_path", NULL, "/lock", RMIL_CMDLINE);
}

/* The last to leave writes the journal back. */
static int check_journal(struct vz_err *err)
{
	struct stat st;

	if (stat("/" VZ_RPMDB_WAL, &st) == 0 && st.st_size)
		return vz_err_set(err, VZ_FAILED, "librpm left a part of the package database in its journal");
	return 0;
}

static int put_files(const struct work *w, struct vz_err *err)
{
	if (w->db && vz_write_file(AT_FDCWD, "/" FILE_NAME, w->db->data, w->db->len, 0644, err) < 0)
		return -1;
	return w->wal && w->wal->len ? vz_write_file(AT_FDCWD, "/" VZ_RPMDB_WAL, w->wal->data, w->wal->len, 0644, err) : 0;
}

static int read_out(struct work *w, rpmts ts, struct vz_buf *ret, struct vz_err *err)
{
	rpmdbMatchIterator mi = rpmtsInitIterator(ts, RPMDBI_PACKAGES, NULL, 0);
	Header h;

	while ((h = rpmdbNextIterator(mi))) {
		unsigned size = 0;
		void *blob = headerExport(h, &size);

		if (!blob || !size)
			return failed(w, "read", err);
		vz_buf_le32(ret, size);
		vz_buf_add(ret, blob, size);
		free(blob);
	}
	rpmdbFreeIterator(mi);
	return *w->said ? failed(w, "read", err) : 0;
}

static int add_all(struct work *w, rpmts ts, struct vz_err *err)
{
	rpmtxn txn = rpmtxnBegin(ts, RPMTXN_WRITE);

	if (!txn)
		return failed(w, "lock", err);
	for (size_t i = 0; i < w->added->n; i++) {
		const struct vz_buf *b = &w->added->items[i];
		Header h = headerImport(b->data, (unsigned)b->len, HEADERIMPORT_COPY);
		rpmRC rc = h ? rpmtsImportHeader(txn, h, 0) : RPMRC_FAIL;

		headerFree(h);
		if (rc != RPMRC_OK)
			return failed(w, "add to", err);
	}
	rpmtxnEnd(txn);
	return 0;
}

/* A failure ends the process, which is all the tidying that is needed. */
static int work(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	struct work *w = arg;
	rpmts ts;

	begin(w);
	if (put_files(w, err) < 0)
		return -1;
	ts = rpmtsCreate();
	rpmtsSetVSFlags(ts, RPMVSF_MASK_NODIGESTS | RPMVSF_MASK_NOSIGNATURES);
	/* also where there is nothing to add, a database is made */
	if (rpmtsOpenDB(ts, w->db ? O_RDWR : O_RDWR | O_CREAT) != 0)
		return failed(w, w->db ? "open" : "make", err);
	if (w->db && read_out(w, ts, ret, err) < 0)
		return -1;
	vz_buf_le32(ret, 0);
	if (w->added && add_all(w, ts, err) < 0)
		return -1;
	rpmtsCloseDB(ts);
	rpmtsFree(ts);
	if (!w->added)
		return 0;
	return check_journal(err) < 0 ? -1 : vz_read_file(AT_FDCWD, "/" FILE_NAME, LIMIT, ret, err);
}

/* Does the work in a cell; `ret_db` becomes what comes behind the entries. */
static int call(struct work *w, struct vz_rpmdb_entries *ret, struct vz_buf *ret_db, struct vz_err *err)
{
	auto_buf struct vz_buf all = {0};
	uint32_t size = 1;
	size_t at = 0;

	if (vz_cell_call(work, w, &all, err) < 0)
		return -1;
	while (size && at + sizeof size <= all.len) {
		memcpy(&size, all.data + at, sizeof size);
		at += sizeof size;
		if (size > all.len - at)
			return vz_err_set(err, VZ_FAILED, "an entry of the package database is cut off");
		if (size)
			vz_buf_add(vz_rpmdb_entries_add(ret), all.data + at, size);
		at += size;
	}
	if (size)
		return vz_err_set(err, VZ_FAILED, "the package database is cut off");
	/* where it is, so that no memory has to be found for it */
	memmove(all.data, all.data + at, all.len - at + 1);
	all.len -= at;
	vz_buf_release(ret_db);
	*ret_db = all;
	all = (struct vz_buf){0};
	return 0;
}

int vz_rpmdb_sqlite_write(const struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err)
{
	auto_rpmdb_entries struct vz_rpmdb_entries none = {0};

	return call(&(struct work){ .added = e }, &none, ret, err);
}

int vz_rpmdb_sqlite_read(const struct vz_buf *db, const struct vz_buf *wal, struct vz_rpmdb_entries *ret,
			 struct vz_err *err)
{
	auto_buf struct vz_buf none = {0};

	return call(&(struct work){ .db = db, .wal = wal }, ret, &none, err);
}

int vz_rpmdb_sqlite_grow(const struct vz_buf *db, const struct vz_rpmdb_entries *added,
			 struct vz_rpmdb_entries *ret_before, struct vz_buf *ret, struct vz_err *err)
{
	return call(&(struct work){ .db = db, .added = added }, ret_before, ret, err);
}
