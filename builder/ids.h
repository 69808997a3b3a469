/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stable ids: users and groups keep their numbers from version to version, as
 * the private files of environments have them.
 *
 * The scripts of packages give each new user the next number that is free, so
 * what number that is depends on what else is installed, and in what order.  A
 * build's result is therefore held against the ledger of its template
 * (store/ledger.h).  A name that the ledger knows gets its number back; a new
 * name whose number is somebody else's gets a free one.  Only metadata of
 * the tree changes, and the record files: owners, access control lists, passwd and
 * group.  Numbers in other files' contents are not known, and stay.
 *
 *     scripts ─ vz_ids_of_tree ─ vz_ids_choose ─ the plan's `id` lines ─ vz_ids_map ─ image
 *
 * "The same lock gives the same image anywhere" holds, though ledgers differ from
 * host to host: what has to be another than the scripts gave stands in the
 * plan (resolver/plan.h), so it is part of the lock, and of the key under which
 * the result is known (builder/stage.h).  A build from a lock takes the lock's
 * lines and asks no ledger.  A template's first version has no such lines, nor has
 * any whose scripts gave what they gave before.
 *
 * A ledger belongs to a template's name, not to a version: environments move
 * forth and back between versions, and a version may be removed while private
 * files still have its users.  Compositions on an OS template share its ledger, so
 * that all of them agree, and an environment can move from any to any other.
 */
#ifndef BUILDER_IDS_H
#define BUILDER_IDS_H

#include "base/id.h"
#include "store/store.h"
#include "store/tree.h"

/* Adds the users, or the groups, of a text as passwd(5) and group(5) have it. Of equal names the first counts. */
void vz_ids_of_text(enum vz_id_kind kind, const char *text, size_t len, struct vz_ids *ret);
/* Those of a tree's /etc/passwd and /etc/group. */
int vz_ids_of_tree(const struct vz_store *s, const struct vz_tree *t, struct vz_ids *ret, struct vz_err *err);

/*
 * What has to change in a tree that has the ids `have`, so that it agrees with
 * `ledger`: names and their new ids. Root's never change, nor do ids that several
 * names share. A free id is the next one above in the same range (1 to 99, 100 to 999, from 1000 on; out of the
 * first, one of the second), that no name on either side has, nor a file of the tree; for a user and its group of the
 * same name and id, one for both.
 */
void vz_ids_choose(const struct vz_ids *ledger, const struct vz_ids *have, const struct vz_tree *t, struct vz_ids *ret);
/* Changes the tree. VZ_FAILED: it has no such name. */
int vz_ids_map(struct vz_store *s, struct vz_tree *t, const struct vz_ids *changes, struct vz_err *err);

/* Chooses for a tree by the ledger of a template, and enters its names there. Takes the ledger's lock. */
int vz_ids_enter(struct vz_store *s, const char *template_name, const struct vz_tree *t, struct vz_ids *ret,
		 struct vz_err *err);

#endif
