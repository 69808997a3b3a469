/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verification: everything in a store against what it should be.
 *
 *     struct vz_verify v = { .store = s, .findings = &f, … };
 *     vz_verify_run(&v, &err)
 *
 * Images against their names, and as well-formed images; objects against
 * theirs, in parallel, and that all are there that an image or a record needs,
 * with the size it says; records, outcomes, plans and references against
 * themselves and what they name; each version's manifest against its files,
 * its tree against its image.  What other rooms put into a store they check
 * themselves (link/env.h, resolver/repos.h).
 *
 * Nothing is changed and no lock is needed: others may read, run and add
 * meanwhile.  What vanishes together with what refers to it is no finding.
 * With `quick` no object is read, and no tree compared with its image.
 *
 * Findings are no errors; an error is what keeps one from looking at all.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "base/digests.h"
#include "base/report.h"
#include "store/findings.h"
#include "store/store.h"

struct vz_verify {
	const struct vz_store *store;
	bool quick;
	struct vz_findings *findings;
	const struct vz_report *report;
	/* zeroed; what images and records need: number is the index of the size, plus 1 */
	struct vz_digests needed;
	uint64_t *sizes;
	size_t cap_sizes;
};

void vz_verify_release(struct vz_verify *v);
#define auto_verify __attribute__((cleanup(vz_verify_release)))

int vz_verify_run(struct vz_verify *v, struct vz_err *err);

/* Something that is there needs this image; that it is good is seen to elsewhere. */
void vz_verify_image_is_there(const struct vz_store *s, const struct vz_digest *d, struct vz_findings *f);

/* One thing of the kinds that vz_verify_run() looks at again: 0 if it is good now. */
int vz_verify_path(const struct vz_store *s, enum vz_finding_kind kind, const char *path, struct vz_err *err);
/* The digest that the path of an object or image stands for; false: it is no such path. */
bool vz_verify_digest(const char *path, struct vz_digest *ret);

#endif
