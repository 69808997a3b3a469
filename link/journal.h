/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal of a move: what it does to an environment's private area, written
 * down before any of it is done.
 *
 *     envs/<name>/moving/journal             while it is under way
 *                 generations/<N>.undo/journal   afterwards; N is the generation that it led to
 *
 * Each change is one rename between a path of the upper directory and a slot, or
 * an exchange of the two.  A slot is a name beside the journal, "0", "1", …
 * Before the change it has what comes to be at the path, or nothing; after it,
 * what was there, or nothing.  So the slot says whether the change has been made, and
 * it can be made and taken back any number of times (link/apply.h).
 *
 * A move that takes earlier ones back has changes whose slots are those of their
 * undo records.
 *
 * A journal is a document (store/document.h) of format "vzpkg-move 1": "name",
 * "from", "to", "back", "boot", "device", and "changes", a list of texts
 *
 *     KIND WHY SLOT INO SEEN MARK MADE PATH
 *
 *     KIND, WHY   words of link/upper.h in lower case: put, drop, hide, dir; merged, taken, …
 *     SLOT        GENERATION/NUMBER; generation 0: this journal's own
 *     INO         inode number of what is in the slot before; 0: nothing
 *     SEEN        "-", or INO:SIZE:TIME of what is at the path before
 *     MARK        "-", or SIZE:DIGEST of what is there afterwards (link/upper_file.h)
 *     MADE        "-", or TIME:BEFORE:AFTER: st_ctim of that, st_mtim of its directory
 *     PATH        bytes but 0x21 … 0x7e, and the backslash, as \xHH
 *
 * separated by one blank.  A TIME is SECONDS.NANOSECONDS, nine digits.
 */
#ifndef LINK_JOURNAL_H
#define LINK_JOURNAL_H

#include "base/buf.h"
#include "link/upper_file.h"

struct vz_journal_change {
	enum vz_upper_kind kind;
	enum vz_upper_why why;
	char *path;
	unsigned slot_of, slot;
	uint64_t ino;                    /* in the slot before; 0: nothing */
	struct vz_upper_seen seen;       /* at the path before */
	struct vz_upper_mark mark;       /* of what is at the path afterwards */
	bool made;                       /* the times that follow are known */
	struct timespec changed, dir_before, dir_after;
};

struct vz_journal {
	char *name;                      /* of the environment */
	unsigned from, to;               /* generations */
	bool back;                       /* takes earlier moves back: their undo records go with it */
	char *boot;                      /* of the host, as long as which `device` counts; NULL: nothing was mounted */
	uint64_t device;                 /* of the file system that what ran was in */
	struct vz_journal_change *changes;
	size_t n, cap;
};

void vz_journal_release(struct vz_journal *j);
#define auto_journal __attribute__((cleanup(vz_journal_release)))

/* Adds an empty change for a path, which is copied. */
struct vz_journal_change *vz_journal_add(struct vz_journal *j, const char *path);
/* Where the slot of a change is, below the environment's directory. To be freed. */
char *vz_journal_slot(const struct vz_journal_change *c);
/* "generations/<N>.undo". To be freed. */
char *vz_journal_undo_dir(unsigned generation);

/* Below the directory `dir`. VZ_NOTFOUND; VZ_DAMAGED. */
int vz_journal_read(int dir, const char *path, struct vz_journal *ret, struct vz_err *err);
/* The format itself, for tests and fuzzing. VZ_DAMAGED. */
int vz_journal_format(const struct vz_journal *j, struct vz_buf *ret, struct vz_err *err);
int vz_journal_parse(const char *text, size_t len, struct vz_journal *ret, struct vz_err *err);
/* One of "changes"; `ret`, zeroed before, may get a path also if it fails. */
int vz_journal_parse_change(const char *text, struct vz_journal_change *ret, struct vz_err *err);

#endif
