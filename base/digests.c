/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digests.h"

#include <string.h>

#include "base/alloc.h"

void vz_digests_release(struct vz_digests *s)
{
	free(s->slots);
	*s = (struct vz_digests){0};
}

/* The slot that holds `d`, or the free one where it would go. */
static struct vz_digests_slot *find(const struct vz_digests *s, const struct vz_digest *d)
{
	size_t mask = s->n_slots - 1, i;

	memcpy(&i, d->b, sizeof i);
	for (i &= mask; s->slots[i].number && vz_digest_cmp(&s->slots[i].digest, d); i = (i + 1) & mask)
		;
	return &s->slots[i];
}

static void double_slots(struct vz_digests *s)
{
	struct vz_digests old = *s;

	s->n_slots = old.n_slots ? 2 * old.n_slots : 64;
	s->slots = vz_alloc(s->n_slots * sizeof *s->slots);
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i].number)
			*find(s, &old.slots[i].digest) = old.slots[i];
	free(old.slots);
}

/* At most three quarters are taken: a search then looks at a few slots side by side. */
uint32_t *vz_digests_put(struct vz_digests *s, const struct vz_digest *d)
{
	struct vz_digests_slot *slot;

	if (4 * (s->n + 1) > 3 * s->n_slots)
		double_slots(s);
	slot = find(s, d);
	if (!slot->number) {
		slot->digest = *d;
		s->n++;
	}
	return &slot->number;
}

uint32_t vz_digests_get(const struct vz_digests *s, const struct vz_digest *d)
{
	return s->n ? find(s, d)->number : 0;
}
