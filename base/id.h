/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which numbers stand for which users and groups: a list by kind and name, in
 * the order of these.
 *
 *     auto_ids struct vz_ids ids = {0};
 *     vz_ids_put(&ids, VZ_ID_USER, "www-data", 33);
 *     for (size_t i = 0; i < ids.n; i++) use(&ids.v[i]);
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define VZ_ID_MAX 4294967294u    /* the next one means "none" to system calls */

enum vz_id_kind { VZ_ID_USER, VZ_ID_GROUP };
#define VZ_ID_KINDS 2

struct vz_id {
	enum vz_id_kind kind;
	char *name;
	uint32_t id;
};

struct vz_ids {
	struct vz_id *v;
	size_t n, cap;
};

void vz_ids_release(struct vz_ids *ids);
#define auto_ids __attribute__((cleanup(vz_ids_release)))

/* Can a user or group be called so: 1 to 255 bytes, of printable ASCII without blanks, ':', ',', '/' and '%'. */
bool vz_id_name_is_sane(const char *name);
/* Many at once: adds behind, whatever the order; then sorts. Of equal names the one that was added first stays. */
void vz_ids_add(struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t id);
void vz_ids_sort(struct vz_ids *ids);
/* Replaces what the name had. */
void vz_ids_put(struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t id);
bool vz_ids_get(const struct vz_ids *ids, enum vz_id_kind kind, const char *name, uint32_t *ret);
/* The first name that has this number; NULL: there is none. */
const char *vz_ids_holder(const struct vz_ids *ids, enum vz_id_kind kind, uint32_t id);
/* Puts all of `from`, over what `to` has. */
void vz_ids_merge(struct vz_ids *to, const struct vz_ids *from);
bool vz_ids_same(const struct vz_ids *a, const struct vz_ids *b);

#endif
