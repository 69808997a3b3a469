/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_rpm.h"

#include <string.h>

static int add_entry(const struct vz_configure *c, size_t i, struct vz_rpm_configure *s, struct vz_err *err)
{
	const struct vz_record_member *header = vz_record_member(c->packages[i].record, "header");

	if (!header)
		return vz_err_set(err, VZ_FAILED, "it has no header");
	return vz_rpm_installed(header->data, header->len, c->date, vz_rpmdb_entries_add(&s->entries), err);
}

static bool is_same(const struct vz_rpm_package *a, const char *name, const char *evr, const char *arch)
{
	return strcmp(a->name, name) == 0 && strcmp(a->evr, evr) == 0 && a->arch && strcmp(a->arch, arch) == 0;
}

/* What the header says must be what the plan promised. */
static int check_package(const struct vz_compose_package *want, const struct vz_rpm_configure *s, size_t at,
			 struct vz_err *err)
{
	const struct vz_rpm_package *p = s->packages[at];

	if (!is_same(p, want->name, want->version, want->arch))
		return vz_err_set(err, VZ_FAILED, "its header is of '%s-%s.%s', not of what the metadata says", p->name, p->evr,
				  p->arch ? p->arch : "");
	for (size_t i = 0; i < s->n_installed; i++)
		if (is_same(s->packages[i], want->name, want->version, want->arch))
			return vz_err_set(err, VZ_FAILED, "it is installed in the parent already");
	return 0;
}

static int read_packages(const struct vz_configure *c, struct vz_rpm_configure *s, struct vz_err *err)
{
	s->packages = vz_alloc((s->entries.n + 1) * sizeof *s->packages);
	s->owners = vz_alloc(s->entries.n + 1);
	for (; s->n < s->entries.n; s->n++) {
		const struct vz_buf *entry = &s->entries.items[s->n];
		const struct vz_compose_package *new = s->n < s->n_installed ? NULL : &c->packages[s->n - s->n_installed];

		s->packages[s->n] = vz_rpm_package_read(entry->data, entry->len, err);
		if (!s->packages[s->n])
			return -1;
		if (!new)
			continue;
		s->owners[s->n] = vz_record_member(new->record, "owners");
		if (check_package(new, s, s->n, err) < 0) {
			s->n++;
			return vz_err_wrap(err, "package '%s'", new->name);
		}
	}
	return 0;
}

/* A package of this stage may have brought another idea of where the database is. */
static void drop_old(struct vz_tree *t, const struct vz_rpmdb_place *old, const struct vz_rpmdb_place *new)
{
	static const char *const names[] = { "rpmdb.sqlite", "rpmdb.sqlite-wal", "rpmdb.sqlite-shm", "Packages.db",
					     "Index.db" };

	if (old->kind == new->kind && strcmp(old->dir, new->dir) == 0)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		auto_free char *path = vz_printf("%s/%s", old->dir, names[i]);
		struct vz_node *n = vz_tree_lookup(t, path, false);

		if (n && !vz_node_is_dir(n))
			vz_tree_remove(t, n);
	}
}

/* What the parent has; the new place and kind where there is none. */
static int load_installed(const struct vz_configure *c, struct vz_rpmdb_place *place, struct vz_buf *ret,
			  struct vz_err *err)
{
	if (!c->parent)
		return 0;
	if (vz_rpmdb_find(c->store, c->parent, place, err) < 0 || vz_rpmdb_load(c->store, c->parent, place, ret, err) < 0)
		return vz_err_wrap(err, "the parent");
	return 0;
}

static int write_database(const struct vz_configure *c, struct vz_rpm_configure *s, struct vz_tree *t,
			  struct vz_err *err)
{
	auto_buf struct vz_buf installed = {0}, db = {0};
	struct vz_rpmdb_place old;

	if (vz_rpmdb_find(c->store, t, &s->place, err) < 0)
		return -1;
	old = s->place;
	if (load_installed(c, &old, &installed, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (add_entry(c, i, s, err) < 0)
			return vz_err_wrap(err, "package '%s'", c->packages[i].name);
	if (vz_rpmdb_grow(&(struct vz_rpmdb_growth){ installed, old.kind, s->place.kind, c->date }, &s->entries, &db, err) < 0)
		return -1;
	s->n_installed = s->entries.n - c->n;
	if (read_packages(c, s, err) < 0)
		return -1;
	drop_old(t, &old, &s->place);
	return vz_rpmdb_write(c->store, t, &s->place, &db, c->date, err);
}

static int prepare(struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	struct vz_rpm_configure *s = c->state = vz_new(struct vz_rpm_configure);
	struct vz_rpm_transaction transaction;

	if (vz_configure_make_dirs(c, t, err) < 0 || write_database(c, s, t, err) < 0)
		return -1;
	s->has_sysusers = vz_tree_lookup(t, "/usr/bin/systemd-sysusers", true);
	transaction = (struct vz_rpm_transaction){
		(const struct vz_rpm_package *const *)s->packages, s->n_installed, s->n, s->owners,
	};
	vz_rpm_steps_plan(&transaction, &s->steps);
	return 0;
}

static void release(struct vz_configure *c)
{
	struct vz_rpm_configure *s = c->state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		vz_rpm_package_free(s->packages[i]);
	free(s->packages);
	free(s->owners);
	vz_rpmdb_entries_release(&s->entries);
	vz_rpm_steps_release(&s->steps);
	free(s);
	c->state = NULL;
}

/* librpm has state that threads share, and steps are forked and go on allocating. */
const struct vz_configure_ops vz_configure_rpm = {
	.family = "rpm",
	.alone = true,
	.prepare = prepare,
	.run = vz_rpm_run,
	.settle = vz_rpm_settle,
	.release = release,
};
