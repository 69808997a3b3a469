/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ledgers: which ids the users and groups of a template have, in all its
 * versions and in all compositions on it that this host made.
 *
 *     templates/<name>/ids
 *
 * A document (store/document.h) of format "vzpkg-ids 1": "users" and "groups", lists
 * of texts "NAME ID" in byte order, absent where empty.  Names only ever come in:
 * one that a version no longer has keeps its id, as private files may have it.
 * Who reads one to write it holds the lock "ids" of the template's name.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "base/id.h"
#include "store/store.h"

/* VZ_NOTFOUND, VZ_DAMAGED. */
int vz_ledger_read(const struct vz_store *s, const char *template_name, struct vz_ids *ret, struct vz_err *err);
/* Replaces, durably. The template has its directory, or gets it. */
int vz_ledger_write(struct vz_store *s, const char *template_name, const struct vz_ids *ids, struct vz_err *err);

/* The format itself, for tests and fuzzing. */
int vz_ledger_format(const struct vz_ids *ids, struct vz_buf *ret, struct vz_err *err);
int vz_ledger_parse(const char *text, size_t len, struct vz_ids *ret, struct vz_err *err);

#endif
