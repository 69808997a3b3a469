/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_rpm.h"

#include "builder/sweep.h"

/* What the tools that install packages leave; the rest is builder/sweep.h's. */
static const struct vz_sweep_rule rules[] = {
	{ "/var/cache/dnf", NULL, VZ_SWEEP_DROP }, { "/var/cache/yum", NULL, VZ_SWEEP_DROP },
	{ "/var/cache/libdnf5", NULL, VZ_SWEEP_DROP }, { "/var/cache/zypp", NULL, VZ_SWEEP_DROP },
	{ "/var/lib/dnf", "*.sqlite-*", VZ_SWEEP_DROP }, { "/var/lib/rpm-state", NULL, VZ_SWEEP_DROP },
	{ "/var/lib/zypp", "AnonymousUniqueId", VZ_SWEEP_DROP },
	{ "/etc/pki/ca-trust/extracted", ".*.lock", VZ_SWEEP_DROP },
};

int vz_rpm_settle(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	struct vz_rpmdb_place place;

	if (vz_sweep(c, rules, sizeof rules / sizeof *rules, t, err) < 0 || vz_rpmdb_find(c->store, t, &place, err) < 0)
		return -1;
	return vz_rpmdb_settle(c->store, t, &place, err);
}
