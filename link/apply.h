/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applying: the changes of a journal, made in an upper directory, or taken back.
 *
 * Each is a rename between the upper and a slot, and its slot says whether it was
 * made.  So it does not matter how far somebody came who died: those that are
 * left are made, or those that were made are taken back.
 *
 * The upper belongs to a tenant, of whom some process may run although all were
 * to be held.  Nothing is opened in it but directories on the way, as they
 * stand; one that was opened stays the one for all that is done in it.  What a
 * rename moved is looked at, and put back if the journal means something else.
 */
#ifndef LINK_APPLY_H
#define LINK_APPLY_H

#include "base/table.h"
#include "link/journal.h"

struct vz_apply_step;
struct vz_apply {
	struct vz_journal *journal;
	int env, upper;                  /* directories; stay the caller's */
	struct vz_table dirs;            /* of the upper, by path: descriptor + 1 */
	struct vz_apply_step *steps;     /* what was done here, by change */
	bool stuck;                      /* not all could be taken back */
};

void vz_apply_init(struct vz_apply *a, struct vz_journal *journal, int env, int upper);
void vz_apply_release(struct vz_apply *a);
#define auto_apply __attribute__((cleanup(vz_apply_release)))

/* Is all there as the journal says, of the changes that have not been made? VZ_DIFFERS names what is not. */
int vz_apply_check(struct vz_apply *a, struct vz_err *err);
/* Makes the changes that have not been made, and notes their times in the
 * journal. If one fails all are taken back; VZ_DIFFERS: something else was there. */
int vz_apply_changes(struct vz_apply *a, struct vz_err *err);
/* Takes all back that were made. What a tenant has put in the place of a change since stays. */
int vz_apply_back(struct vz_apply *a, struct vz_err *err);

#endif
