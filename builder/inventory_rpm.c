/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/inventory.h"
#include "builder/rpmdb_outline.h"

/* The outline's name is "NAME.ARCH"; keys are entries, too, and no packages. */
static void add(const struct vz_rpmdb_package *from, struct vz_inventory *ret)
{
	const char *dot = strrchr(from->name, '.');
	auto_free char *name = dot ? vz_strndup(from->name, (size_t)(dot - from->name)) : vz_strdup(from->name);
	struct vz_inventory_package *p;

	if (strcmp(name, "gpg-pubkey") == 0)
		return;
	p = vz_inventory_add(ret, name, from->evr, dot && dot[1] ? dot + 1 : "-");
	if (p)
		vz_texts_copy(&from->files, &p->files);
}

static int read_rpm(const struct vz_store *s, const struct vz_tree *t, struct vz_inventory *ret, struct vz_err *err)
{
	auto_rpmdb_entries struct vz_rpmdb_entries e = {0};
	auto_rpmdb_outline struct vz_rpmdb_outline o = {0};
	struct vz_rpmdb_place place;

	if (vz_rpmdb_find(s, t, &place, err) < 0 || vz_rpmdb_read(s, t, &place, &e, err) < 0 ||
	    (e.n && vz_rpmdb_outline_read(&e, &o, err) < 0))
		return -1;
	for (size_t i = 0; i < o.n; i++)
		add(&o.items[i], ret);
	return 0;
}

const struct vz_inventory_ops vz_inventory_rpm = { "rpm", read_rpm };
