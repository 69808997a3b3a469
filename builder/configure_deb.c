/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/configure_deb.h"

#include <string.h>

#include "base/table.h"
#include "builder/content.h"

static int write_text(const struct vz_configure *c, struct vz_tree *t, const char *path, const struct vz_buf *text,
		      struct vz_err *err)
{
	const struct vz_content_file f = { path, 0644, c->date, text->data, text->len };

	return vz_content_write(c->store, t, &f, err);
}

static int write_unless_there(const struct vz_configure *c, struct vz_tree *t, const struct vz_content_file *f,
			      struct vz_err *err)
{
	return vz_tree_lookup(t, f->path, false) ? 0 : vz_content_write(c->store, t, f, err);
}

/* What the control file says must be what the plan promised. */
static int read_control(const struct vz_compose_package *p, struct vz_dpkg_packages *ret, struct vz_err *err)
{
	const struct vz_record_member *control = vz_record_member(p->record, "control");
	const struct vz_dpkg_package *said;
	size_t n = ret->n;

	if (!control)
		return vz_err_set(err, VZ_FAILED, "it has no control file");
	if (vz_dpkg_packages_read(control->data, control->len, ret, err) < 0)
		return -1;
	said = &ret->items[n];
	if (ret->n != n + 1 || strcmp(said->name, p->name) != 0 || strcmp(said->version, p->version) != 0 ||
	    strcmp(said->arch, p->arch) != 0)
		return vz_err_set(err, VZ_FAILED, "its control file is of another package than the index says");
	return 0;
}

static int add_stanza(const struct vz_compose_package *p, struct vz_buf *status, struct vz_err *err)
{
	const struct vz_record_member *control = vz_record_member(p->record, "control");
	const struct vz_record_member *conffiles = vz_record_member(p->record, "conffile-md5");

	return vz_dpkg_stanza(control->data, control->len, conffiles ? conffiles->data : NULL, status, err);
}

/* `installed`: info names of what the parent has. */
static int read_installed(const struct vz_buf *status, struct vz_table *installed, struct vz_err *err)
{
	auto_dpkg_packages struct vz_dpkg_packages old = {0};

	if (status->len && vz_dpkg_packages_read(status->data, status->len, &old, err) < 0)
		return vz_err_wrap(err, "the parent's package database");
	for (size_t i = 0; i < old.n; i++) {
		auto_free char *name = vz_dpkg_info_name(&old.items[i]);

		vz_table_put(installed, name, installed);
	}
	return 0;
}

static int add_package(const struct vz_configure *c, size_t i, struct vz_table *installed,
		       struct vz_dpkg_packages *packages, struct vz_buf *status, struct vz_err *err)
{
	auto_free char *name = NULL;

	if (read_control(&c->packages[i], packages, err) < 0)
		return -1;
	name = vz_dpkg_info_name(&packages->items[i]);
	if (vz_table_has(installed, name))
		return vz_err_set(err, VZ_FAILED, "it is installed in the parent already");
	vz_table_put(installed, name, installed);
	return add_stanza(&c->packages[i], status, err);
}

static int write_status(const struct vz_configure *c, struct vz_tree *t, struct vz_dpkg_packages *packages,
			struct vz_err *err)
{
	auto_buf struct vz_buf status = {0};
	auto_table struct vz_table installed = {0};

	if (vz_content_read(c->store, t, VZ_DPKG_DIR "/status", &status, err) < 0 ||
	    read_installed(&status, &installed, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (add_package(c, i, &installed, packages, &status, err) < 0)
			return vz_err_wrap(err, "package '%s'", c->packages[i].name);
	return write_text(c, t, VZ_DPKG_DIR "/status", &status, err);
}

/* What dpkg expects to find. /run/lock is Debian's, whoever boots it. */
static int make_dirs(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	static const struct { const char *path; uint32_t mode; } dirs[] = {
		{ "/run/lock", 01777 }, { VZ_DPKG_DIR "/info", 0755 }, { VZ_DPKG_DIR "/triggers", 0755 },
		{ VZ_DPKG_DIR "/updates", 0755 }, { VZ_DPKG_DIR "/parts", 0755 }, { VZ_DPKG_DIR "/alternatives", 0755 },
	};

	if (vz_configure_make_dirs(c, t, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (!vz_tree_make_dirs(t, dirs[i].path, dirs[i].mode, c->date))
			return vz_err_set(err, VZ_FAILED, "a package has something else than a directory at '%s'",
					  dirs[i].path);
	return 0;
}

static int write_database_rest(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	const struct vz_content_file format = { VZ_DPKG_DIR "/info/format", 0644, c->date, "1\n", 2 };
	const struct vz_content_file available = { VZ_DPKG_DIR "/available", 0644, c->date, "", 0 };

	if (write_unless_there(c, t, &format, err) < 0)
		return -1;
	return write_unless_there(c, t, &available, err);
}

/* A copy of a file that base-passwd ships: scripts of packages that are
 * configured before it look users up. */
static int seed_copy(const struct vz_configure *c, struct vz_tree *t, const char *path, const char *master,
		     struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_tree_lookup(t, path, false) || !vz_tree_find(t, master))
		return 0;
	if (vz_content_read(c->store, t, master, &text, err) < 0)
		return -1;
	return write_text(c, t, path, &text, err);
}

static int seed(const struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	const struct vz_content_file policy = { VZ_POLICY_RC_PATH, 0755, c->date, VZ_POLICY_RC, strlen(VZ_POLICY_RC) };

	if (seed_copy(c, t, "/etc/passwd", "/usr/share/base-passwd/passwd.master", err) < 0 ||
	    seed_copy(c, t, "/etc/group", "/usr/share/base-passwd/group.master", err) < 0)
		return -1;
	if (vz_deb_tools(c, t, err) < 0 || vz_deb_preinst_prepare(c, t, err) < 0)
		return -1;
	return write_unless_there(c, t, &policy, err);
}

static int prepare(struct vz_configure *c, struct vz_tree *t, struct vz_err *err)
{
	auto_dpkg_packages struct vz_dpkg_packages packages = {0};

	if (make_dirs(c, t, err) < 0 || write_status(c, t, &packages, err) < 0 || write_database_rest(c, t, err) < 0 ||
	    vz_deb_triggers(c, &packages, t, err) < 0)
		return -1;
	return seed(c, t, err);
}

const struct vz_configure_ops vz_configure_deb = {
	.family = "deb",
	.prepare = prepare,
	.run = vz_deb_run,
	.settle = vz_deb_settle,
	.sources = vz_deb_sources,
};
