/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is there already, from the store's records: the list that the resolver
 * is given (resolver/present.h), with the records that its cards are from.
 *
 *     __attribute__((cleanup(vz_presence_release))) struct vz_presence p = {0};
 *     vz_presence_add_plan(&p, store, plan, VZ_PRESENT_TEMPLATE, err)…; use(&p.list)
 */
#ifndef BUILDER_PRESENCE_H
#define BUILDER_PRESENCE_H

#include "resolver/present.h"
#include "store/record.h"

struct vz_presence {
	struct vz_present_list list;
	struct vz_record **records;      /* of the list's, in its order */
};
void vz_presence_release(struct vz_presence *p);

/* `package`, whose strings stay the caller's, has a record. VZ_NOTFOUND. */
int vz_presence_add(struct vz_presence *p, const struct vz_store *s, const struct vz_plan_package *package,
		    enum vz_present_how how, struct vz_err *err);
/* All of a plan, which must outlive it. */
int vz_presence_add_plan(struct vz_presence *p, const struct vz_store *s, const struct vz_plan *plan, enum vz_present_how how,
			 struct vz_err *err);

#endif
