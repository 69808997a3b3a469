/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM steps: what rpm runs when packages are installed, in its order, as a
 * plain value (lib/psm.c, rpmtriggers.c and transaction.c of rpm 4.18).
 *
 *     all:   %pretrans
 *     each:  users (4.19) · %triggerprein · %pre · owners · file triggers of priority 10000 and more ·
 *            %post · %triggerin · other file triggers
 *     all:   %posttrans · transaction file triggers
 *
 * "Triggers" are those of what is installed by then, fired by the new package,
 * and then its own, fired by what is installed.
 */
#ifndef BUILDER_RPM_STEPS_H
#define BUILDER_RPM_STEPS_H

#include "builder/rpm_header.h"

struct vz_rpm_transaction {
	const struct vz_rpm_package *const *packages;    /* installed ones as the database has them, then new ones in order */
	size_t n_installed, n;
	const bool *owners;              /* by place in `packages`: has files whose owner is not root; NULL: none has */
};

enum vz_rpm_step_kind { VZ_RPM_STEP_SCRIPT, VZ_RPM_STEP_USERS, VZ_RPM_STEP_OWNERS };

struct vz_rpm_step {
	enum vz_rpm_step_kind kind;
	size_t package;                  /* whose step it is: place in `packages` */
	const char *name;                /* "%post" */
	const struct vz_rpm_script *script;      /* VZ_RPM_STEP_SCRIPT only; the package's */
	int arg1, arg2;                  /* -1: not given */
	char *input;                     /* lines for stdin, or NULL */
};

struct vz_rpm_steps {
	struct vz_rpm_step *items;
	size_t n, cap;
};

void vz_rpm_steps_release(struct vz_rpm_steps *s);
#define auto_rpm_steps __attribute__((cleanup(vz_rpm_steps_release)))
void vz_rpm_steps_plan(const struct vz_rpm_transaction *t, struct vz_rpm_steps *ret);

#endif
