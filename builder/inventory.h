/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inventory: which packages are installed in a tree, by its own package
 * database, and which files they brought.
 *
 *     auto_inventory struct vz_inventory v = {0};
 *     vz_inventory_read(store, "deb", tree, &v, &err);
 *     vz_inventory_find(&v, "nginx", "amd64");
 *
 * The database may be a tenant's: a stanza or an entry that does not name a proper
 * package counts as none, and paths are sane ones.  They are as the
 * package names them: links on the way are to be followed in the tree.
 */
#ifndef BUILDER_INVENTORY_H
#define BUILDER_INVENTORY_H

#include "base/texts.h"
#include "store/store.h"
#include "store/tree.h"

struct vz_inventory_package {
	char *name, *version, *arch;     /* arch "-" where it has none */
	bool automatic;                  /* nobody asked for it, something needed it; where the family keeps a note of that */
	struct vz_texts files;           /* directories, too */
};

struct vz_inventory {
	struct vz_inventory_package *items;      /* sorted by name, then architecture */
	size_t n, cap;
};

void vz_inventory_release(struct vz_inventory *v);
#define auto_inventory __attribute__((cleanup(vz_inventory_release)))

/* `family`: "deb", "rpm". A tree without a database has no packages. */
int vz_inventory_read(const struct vz_store *s, const char *family, const struct vz_tree *t, struct vz_inventory *ret,
		      struct vz_err *err);
/* Of several of that name and architecture, the first; NULL: none. */
const struct vz_inventory_package *vz_inventory_find(const struct vz_inventory *v, const char *name, const char *arch);

/* The families: add to `ret`, in any order. */
struct vz_inventory_ops {
	const char *family;
	int (*read)(const struct vz_store *s, const struct vz_tree *t, struct vz_inventory *ret, struct vz_err *err);
};
extern const struct vz_inventory_ops vz_inventory_deb, vz_inventory_rpm;
/* An empty one with copies of these texts; NULL: one of them is no word of printable ASCII. */
struct vz_inventory_package *vz_inventory_add(struct vz_inventory *v, const char *name, const char *version, const char *arch);

#endif
