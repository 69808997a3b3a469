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

/* What goes on in the cell. */
struct work {
	const struct vz_buf *db, *wal;           /* to be read, or */
	const struct vz_rpmdb_entries *entries;  /* to be written */
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

	if (stat("/" FILE_NAME "-wal", &st) == 0 && st.st_size)
		return vz_err_set(err, VZ_FAILED, "librpm left a part of the package database in its journal");
	return 0;
}

static int add_all(struct work *w, rpmtxn txn, struct vz_err *err)
{
	for (size_t i = 0; i < w->entries->n; i++) {
		const struct vz_buf *b = &w->entries->items[i];
		Header h = headerImport(b->data, (unsigned)b->len, HEADERIMPORT_COPY);
		rpmRC rc = h ? rpmtsImportHeader(txn, h, 0) : RPMRC_FAIL;

		headerFree(h);
		if (rc != RPMRC_OK)
			return failed(w, "add to", err);
	}
	return 0;
}

static int write_all(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	struct work *w = arg;
	rpmts ts;
	rpmtxn txn;
	int rc;

	begin(w);
	ts = rpmtsCreate();
	/* also where there is nothing to add, a database is made */
	if (rpmtsOpenDB(ts, O_RDWR | O_CREAT) != 0)
		return failed(w, "make", err);
	txn = rpmtxnBegin(ts, RPMTXN_WRITE);
	if (!txn)
		return failed(w, "lock", err);
	rc = add_all(w, txn, err);
	rpmtxnEnd(txn);
	rpmtsCloseDB(ts);
	rpmtsFree(ts);
	if (rc < 0 || check_journal(err) < 0)
		return -1;
	return vz_read_file(AT_FDCWD, "/" FILE_NAME, LIMIT, ret, err);
}

static int read_all(void *arg, struct vz_buf *ret, struct vz_err *err)
{
	struct work *w = arg;
	rpmdbMatchIterator mi;
	Header h;
	rpmts ts;

	begin(w);
	if (vz_write_file(AT_FDCWD, "/" FILE_NAME, w->db->data, w->db->len, 0644, err) < 0 ||
	    (w->wal && w->wal->len && vz_write_file(AT_FDCWD, "/" FILE_NAME "-wal", w->wal->data, w->wal->len, 0644, err) < 0))
		return -1;
	ts = rpmtsCreate();
	rpmtsSetVSFlags(ts, RPMVSF_MASK_NODIGESTS | RPMVSF_MASK_NOSIGNATURES);
	if (rpmtsOpenDB(ts, O_RDWR) != 0)
		return failed(w, "open", err);
	mi = rpmtsInitIterator(ts, RPMDBI_PACKAGES, NULL, 0);
	while ((h = rpmdbNextIterator(mi))) {
		unsigned size = 0;
		void *blob = headerExport(h, &size);

		if (!blob)
			return failed(w, "read", err);
		vz_buf_le32(ret, size);
		vz_buf_add(ret, blob, size);
		free(blob);
	}
	rpmdbFreeIterator(mi);
	rpmtsCloseDB(ts);
	rpmtsFree(ts);
	return *w->said ? failed(w, "read", err) : 0;
}

int vz_rpmdb_sqlite_write(const struct vz_rpmdb_entries *e, struct vz_buf *ret, struct vz_err *err)
{
	struct work w = { .entries = e };

	return vz_cell_call(write_all, &w, ret, err);
}

int vz_rpmdb_sqlite_read(const struct vz_buf *db, const struct vz_buf *wal, struct vz_rpmdb_entries *ret,
			 struct vz_err *err)
{
	auto_buf struct vz_buf all = {0};
	struct work w = { .db = db, .wal = wal };
	size_t at = 0;

	if (vz_cell_call(read_all, &w, &all, err) < 0)
		return -1;
	while (at + 4 <= all.len) {
		uint32_t size;

		memcpy(&size, all.data + at, 4);
		if (size > all.len - at - 4)
			return vz_err_set(err, VZ_FAILED, "an entry of the package database is cut off");
		vz_buf_add(vz_rpmdb_entries_add(ret), all.data + at + 4, size);
		at += 4 + size;
	}
	return 0;
}
