/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers by digest: a set of digests that remembers one small number each.
 *
 *     struct vz_digests seen = {0};
 *     uint32_t *n = vz_digests_put(&seen, &d);        0 if it is new: give it another
 *     *n = *n ? MANY : mine;
 *
 * A million digests take 72 MiB at most, and no memory is held for each: what
 * is in the store is counted with it.  Digests are as good as random, so some
 * bits of one say where it stands; the order is no order.  To see all:
 *
 *     for (size_t i = 0; i < s.n_slots; i++) if (s.slots[i].number) …
 */
#ifndef BASE_DIGESTS_H
#define BASE_DIGESTS_H

#include "base/digest.h"

struct vz_digests {
	struct vz_digests_slot {
		struct vz_digest digest;
		uint32_t number;         /* 0: the slot is free */
	} *slots;
	size_t n, n_slots;               /* a power of two, or 0 */
};

void vz_digests_release(struct vz_digests *s);
#define auto_digests __attribute__((cleanup(vz_digests_release)))

/* The number of `d`, which is added with 0 if it is new; before the next call it must be something else. */
uint32_t *vz_digests_put(struct vz_digests *s, const struct vz_digest *d);
/* 0: it is not there. */
uint32_t vz_digests_get(const struct vz_digests *s, const struct vz_digest *d);

#endif
