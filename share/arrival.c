/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/arrival.h"

#include <string.h>

#include "resolver/plan.h"

void vz_arrival_release(struct vz_arrival *a)
{
	vz_manifest_release(&a->from);
	vz_tree_free(a->tree);
	*a = (struct vz_arrival){0};
}

int vz_arrival_read(struct vz_arrival *a, const char *manifest, size_t len, const char *lock, struct vz_err *err)
{
	struct vz_digest sum;

	if (vz_manifest_parse(manifest, len, &a->from, err) < 0) {
		err->code = VZ_UNTRUSTED;
		return -1;
	}
	vz_sha256(lock, strlen(lock), &sum);
	if (vz_digest_cmp(&sum, &a->from.lock_sum))
		return vz_err_set(err, VZ_UNTRUSTED, "the lock is not the one that the manifest of '%s' names", a->from.name);
	a->from.lock = vz_strdup(lock);
	return 0;
}

/* A family is known by its database. */
static const char *family_of(const struct vz_tree *t)
{
	static const struct { const char *path, *family; } marks[] = {
		{ "/var/lib/dpkg/status", "deb" }, { "/usr/lib/sysimage/rpm", "rpm" }, { "/var/lib/rpm", "rpm" },
	};

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (vz_tree_lookup(t, marks[i].path, true))
			return marks[i].family;
	return "any";
}

void vz_arrival_name(struct vz_arrival *a, const char *name, const char *machine)
{
	auto_plan struct vz_plan *plan = vz_new(struct vz_plan);
	auto_buf struct vz_buf lock = {0};

	plan->name = vz_strdup(name);
	plan->kind = vz_strdup("os");
	plan->arch = vz_strdup(machine);
	plan->family = vz_strdup(family_of(a->tree));
	vz_plan_write(plan, &lock);
	a->foreign = true;
	a->from = (struct vz_manifest){
		.name = vz_strdup(name), .kind = vz_strdup(plan->kind), .arch = vz_strdup(machine),
		.family = vz_strdup(plan->family), .recipe = vz_strdup("; made elsewhere, and imported\n"),
		.lock = vz_buf_steal(&lock),
	};
}
