/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Findings: what is wrong with a store, a list in the order of kinds and paths.
 *
 * A finding names one file or directory by its path below ROOT, says why in one
 * sentence, and, once somebody looked (vzpkg/users.h), which templates and
 * environments depend on it.  Rooms add what they find of their own files; any
 * number of threads may add.
 */
#ifndef STORE_FINDINGS_H
#define STORE_FINDINGS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"
#include "base/texts.h"

enum vz_finding_kind {               /* as people and --json call it: vz_finding_word() */
	VZ_FINDING_REFERENCE, VZ_FINDING_MANIFEST, VZ_FINDING_LOCK, VZ_FINDING_TREE, VZ_FINDING_ENV, VZ_FINDING_GENERATION,
	VZ_FINDING_SETTINGS, VZ_FINDING_PLAN, VZ_FINDING_OUTCOME, VZ_FINDING_RECORD, VZ_FINDING_IMAGE, VZ_FINDING_OBJECT,
	VZ_FINDING_REPOSITORY, VZ_FINDING_STRANGE, VZ_FINDING_LEDGER, VZ_FINDING_VERDICT, VZ_FINDING_JOURNAL,
};
const char *vz_finding_word(enum vz_finding_kind kind);

struct vz_finding {
	enum vz_finding_kind kind;
	bool missing;                    /* not there at all; else it is not what it should be */
	char *path;                      /* "objects/ab/cdef…" */
	char *why;
	struct vz_texts users;           /* "template debian-12@3", "environment web" */
	char *repaired;                  /* how; NULL: it was not */
};

struct vz_findings {
	struct vz_finding *v;
	size_t n, cap;
	struct vz_table by_path;         /* the paths */
	uint64_t checked;                /* things looked at */
	uint64_t bytes;                  /* read to do so */
	pthread_mutex_t lock;
};

void vz_findings_init(struct vz_findings *f);
void vz_findings_release(struct vz_findings *f);
#define auto_findings __attribute__((cleanup(vz_findings_release)))

/* One thing was looked at. */
void vz_findings_checked(struct vz_findings *f, uint64_t bytes);
/* `err` says what is wrong; VZ_NOTFOUND makes it missing. The path is taken as it is; of one path only the first stays. */
void vz_findings_add(struct vz_findings *f, enum vz_finding_kind kind, const char *path, const struct vz_err *err);
void vz_findings_drop(struct vz_findings *f, size_t i);
/* Once all are added. */
void vz_findings_sort(struct vz_findings *f);

#endif
