/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vzpkg/repair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "link/env.h"
#include "store/verify.h"

bool vz_repair_is_bad(const struct vz_repair *r, const struct vz_finding *f)
{
	struct vz_err unused;

	switch (f->kind) {
	case VZ_FINDING_STRANGE: case VZ_FINDING_REPOSITORY:
		return true;
	case VZ_FINDING_ENV: case VZ_FINDING_GENERATION: case VZ_FINDING_SETTINGS: case VZ_FINDING_JOURNAL:
		return vz_env_verify_path(r->store, f->kind, f->path, &unused) < 0;
	default:
		return vz_verify_path(r->store, f->kind, f->path, &unused) < 0;
	}
}

void vz_repair_done(struct vz_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(f->repaired);
	f->repaired = vz_vprintf(fmt, ap);
	va_end(ap);
}

void vz_repair_failed(struct vz_finding *f, const char *fmt, ...)
{
	auto_free char *more = NULL, *was = f->why;
	const char *end = strstr(was, "; ");
	va_list ap;

	va_start(ap, fmt);
	more = vz_vprintf(fmt, ap);
	va_end(ap);
	f->why = vz_printf("%.*s; %s", (int)(end ? (size_t)(end - was) : strlen(was)), was, more);
}

int vz_repair_put_aside(const struct vz_repair *r, const char *path, struct vz_err *err)
{
	auto_free char *name = vz_strdup(path), *aside = NULL;

	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '-';
	aside = vz_printf("trash/%s", name);
	if (renameat(vz_store_fd(r->store), path, vz_store_fd(r->store), aside) < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "put '%s' aside", path);
	return vz_fsync_dir(vz_store_fd(r->store), "trash", err);
}

/* A result of building is of use only if it is good, and made again where it is not there. */
static void drop_outcomes(const struct vz_repair *r)
{
	for (size_t i = 0; i < r->findings->n; i++) {
		struct vz_finding *f = &r->findings->v[i];
		struct vz_err err;

		if (f->kind != VZ_FINDING_OUTCOME)
			continue;
		if (vz_repair_put_aside(r, f->path, &err) < 0)
			vz_repair_failed(f, "%s", err.msg);
		else
			vz_repair_done(f, "put aside: it is built again when it is needed");
	}
}

static void judge(const struct vz_repair *r)
{
	for (size_t i = 0; i < r->findings->n; i++) {
		struct vz_finding *f = &r->findings->v[i];

		if (f->kind == VZ_FINDING_OUTCOME)
			continue;
		if (vz_repair_is_bad(r, f)) {
			free(f->repaired);
			f->repaired = NULL;
		} else if (!f->repaired) {
			vz_repair_done(f, "with what it depended on");
		}
	}
}

/* What is bad would be taken for what is fetched or built, and has the name that this needs. */
static void clear_the_way(const struct vz_repair *r)
{
	for (size_t i = 0; i < r->findings->n; i++) {
		struct vz_finding *f = &r->findings->v[i];
		struct vz_err err;

		if ((f->kind == VZ_FINDING_OBJECT || f->kind == VZ_FINDING_IMAGE) && vz_repair_put_aside(r, f->path, &err) < 0)
			vz_repair_failed(f, "%s", err.msg);
	}
}

static size_t count_bad(const struct vz_repair *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->findings->n; i++)
		n += r->findings->v[i].kind != VZ_FINDING_OUTCOME && vz_repair_is_bad(r, &r->findings->v[i]);
	return n;
}

/* One round: who uses what is known better each time, as a version with a bad lock uses nothing that one could know of. */
static int mend(const struct vz_cli *cli, struct vz_store *s, struct vz_findings *f, struct vz_err *err)
{
	auto_users struct vz_users users = {0};
	const struct vz_repair r = { cli, s, &users, f };

	vz_users_read(s, &users);
	vz_users_name(s, &users, f);
	vz_repair_twins(&r);
	return vz_repair_packages(&r, err) < 0 ? -1 : vz_repair_rebuild(&r, err);
}

int vz_repair(const struct vz_cli *cli, struct vz_store *s, struct vz_findings *f, struct vz_err *err)
{
	const struct vz_repair r = { cli, s, NULL, f };
	size_t bad = SIZE_MAX, is;
	int rc = 0;

	drop_outcomes(&r);
	clear_the_way(&r);
	while (rc == 0 && (is = count_bad(&r)) && is < bad) {
		bad = is;
		rc = mend(cli, s, f, err);
	}
	judge(&r);
	return rc;
}
