/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/package.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/table.h"
#include "shim/apt.h"
#include "store/tar.h"

#define INFO "/var/lib/dpkg/info/"
#define MAX_CONTROL (64 << 20)   /* all members of the control archive */
#define MAX_MEMBERS 1000

struct member {
	char *name;
	struct vz_buf data;
	int64_t mtime;
};

struct deb {
	struct vz_apt_deb *ar;
	struct vz_sink *sink;
	struct vz_record *record;
	struct member *members;
	size_t n_members, cap_members, control_bytes;
	char *package, *version, *arch;
	bool multi_arch_same;
	struct vz_table conffiles;   /* by path; no value: one that a later version removes */
	bool sum_all;                /* no md5sums member: they are made here, as dpkg does */
	struct vz_hash *md5;
	struct vz_table sums;        /* path → hex, to be freed: conffiles, or all */
	struct vz_buf list;
	int64_t newest;
};

static void deb_release(struct deb *d)
{
	for (size_t i = 0; i < d->n_members; i++) {
		free(d->members[i].name);
		vz_buf_release(&d->members[i].data);
	}
	for (size_t i = 0; i < d->sums.n; i++)
		free(d->sums.items[i].value);
	free(d->members);
	free(d->package);
	free(d->version);
	free(d->arch);
	vz_table_release(&d->conffiles);
	vz_table_release(&d->sums);
	vz_buf_release(&d->list);
	vz_hash_free(d->md5);
	vz_apt_deb_close(d->ar);
}

static const struct member *find_member(const struct deb *d, const char *name)
{
	for (size_t i = 0; i < d->n_members; i++)
		if (!strcmp(d->members[i].name, name))
			return &d->members[i];
	return NULL;
}

static ptrdiff_t read_archive(void *ctx, void *buf, size_t len, struct vz_err *err)
{
	return vz_apt_deb_read(ctx, buf, len, err);
}

/* One to `max` characters of `set`, letters of lower case and digits, the first of them one of the latter two. */
static bool is_word(const char *s, const char *set, size_t max)
{
	if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s))
		return false;
	if (strlen(s) > max)
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && !strchr(set, *s))
			return false;
	return true;
}

static bool has_control_bytes(const char *s)
{
	for (; *s; s++)
		if (iscntrl((unsigned char)*s))
			return true;
	return false;
}

/*
 * The control archive.
 */

static int keep_member(struct deb *d, const char *name, struct vz_tar *tar, const struct vz_tar_entry *e,
		       struct vz_err *err)
{
	struct member *m;
	const void *bytes;
	ptrdiff_t n;

	/* the name becomes part of a file's name beside NAME.list, which is made here */
	if (!is_word(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-+", 100) || !strcmp(name, "list"))
		return vz_err_set(err, VZ_FAILED, "control member '%s' has a bad name", name);
	if (find_member(d, name))
		return vz_err_set(err, VZ_FAILED, "control member '%s' is there twice", name);
	if (e->size > MAX_CONTROL - d->control_bytes || d->n_members >= MAX_MEMBERS)
		return vz_err_set(err, VZ_FAILED, "the control archive is larger than %d bytes or has more than %d members",
				  MAX_CONTROL, MAX_MEMBERS);
	d->control_bytes += e->size;
	vz_grow(d->members, d->n_members, d->cap_members);
	m = &d->members[d->n_members++];
	*m = (struct member){ .name = vz_strdup(name), .mtime = e->mtime };
	while ((n = vz_tar_data(tar, &bytes, err)) > 0)
		vz_buf_add(&m->data, bytes, (size_t)n);
	return (int)n;
}

static int read_control_archive(struct deb *d, struct vz_err *err)
{
	auto_tar struct vz_tar *tar = vz_tar_new(read_archive, d->ar);
	struct vz_tar_entry e;
	int r;

	if (vz_apt_deb_begin(d->ar, VZ_APT_CONTROL, err) < 0)
		return -1;
	while ((r = vz_tar_next(tar, &e, err)) > 0) {
		auto_free char *path = NULL;

		if (!vz_path_is_sane(e.name))
			return vz_err_set(err, VZ_FAILED, "control member '%s' has a bad name", e.name);
		path = vz_path_normal(e.name);
		if (S_ISDIR(e.mode) && !path[1])
			continue;
		if (!S_ISREG(e.mode) || e.hard_link)
			return vz_err_set(err, VZ_FAILED, "control member '%s' is not a regular file", path + 1);
		if (keep_member(d, path + 1, tar, &e, err) < 0)
			return -1;
	}
	return r;
}

static int take_field(void *ctx, unsigned stanza, const char *name, const char *value, struct vz_err *err)
{
	struct deb *d = ctx;
	char **to = !strcasecmp(name, "Package")        ? &d->package
		    : !strcasecmp(name, "Version")      ? &d->version
		    : !strcasecmp(name, "Architecture") ? &d->arch
							: NULL;

	if (stanza)
		return vz_err_set(err, VZ_FAILED, "control has more than one stanza");
	if (to && *to)
		return vz_err_set(err, VZ_FAILED, "control has the field '%s' twice", name);
	if (to)
		*to = vz_strdup(value);
	if (!strcasecmp(name, "Multi-Arch") && !strcmp(value, "same"))
		d->multi_arch_same = true;
	return 0;
}

static int parse_control(struct deb *d, struct vz_err *err)
{
	const struct member *m = find_member(d, "control");

	if (!m)
		return vz_err_set(err, VZ_FAILED, "it has no control file");
	if (!m->data.len || vz_apt_control_read(m->data.data, m->data.len, take_field, d, err) < 0)
		return m->data.len ? -1 : vz_err_set(err, VZ_FAILED, "its control file is empty");
	if (!d->package || strlen(d->package) < 2 || !is_word(d->package, "+-.", 200))
		return vz_err_set(err, VZ_FAILED, "control has no proper 'Package' field");
	if (!d->version || !is_word(d->version, "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+~-:", 200))
		return vz_err_set(err, VZ_FAILED, "control has no proper 'Version' field");
	if (!d->arch || !is_word(d->arch, "-", 60))
		return vz_err_set(err, VZ_FAILED, "control has no proper 'Architecture' field");
	return 0;
}

/* Lines of paths; "remove-on-upgrade PATH" is of no file in this package. */
static int parse_conffiles(struct deb *d, struct vz_err *err)
{
	const struct member *m = find_member(d, "conffiles");
	const char *at = m && m->data.len ? m->data.data : "", *end = at + (m ? m->data.len : 0);

	for (const char *next; at < end; at = next) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
		static const char flag[] = "remove-on-upgrade ";
		auto_free char *line = NULL, *path = NULL;
		const char *named;
		bool going;

		next = newline ? newline + 1 : end;
		while (stop > at && isspace((unsigned char)stop[-1]))
			stop--;
		line = vz_strndup(at, (size_t)(stop - at));
		if (!*line)
			continue;
		going = strncmp(line, flag, strlen(flag)) == 0;
		named = going ? line + strlen(flag) : line;
		if (*named != '/' || !vz_path_is_sane(named) || has_control_bytes(named))
			return vz_err_set(err, VZ_FAILED, "conffiles has the bad path '%s'", line);
		path = vz_path_normal(named);
		vz_table_put(&d->conffiles, path, going ? NULL : d);
	}
	return 0;
}

/*
 * The data archive.
 */

static int give_data(struct deb *d, struct vz_tar *tar, const char *path, struct vz_err *err)
{
	bool sum = d->sum_all || vz_table_has(&d->conffiles, path);
	const void *bytes;
	char hex[129];
	ptrdiff_t n;

	while ((n = vz_tar_data(tar, &bytes, err)) > 0) {
		if (sum)
			vz_hash_add(d->md5, bytes, (size_t)n);
		if (vz_sink_data(d->sink, bytes, (size_t)n, err) < 0)
			return vz_err_wrap(err, "'%s'", path);
	}
	if (n < 0)
		return -1;
	if (sum) {
		vz_hash_end_hex(d->md5, hex);
		vz_table_put(&d->sums, path, vz_strdup(hex));
	}
	return 0;
}

static int give_entry(struct deb *d, struct vz_tar *tar, const struct vz_tar_entry *t, struct vz_err *err)
{
	struct vz_sink_item e = {
		.path = t->name, .target = t->link, .hard_link = t->hard_link, .mode = t->mode, .uid = t->uid, .gid = t->gid,
		.major = t->major, .minor = t->minor, .size = t->size, .mtime = t->mtime,
	};
	auto_free char *path = NULL;

	/* dpkg's file lists are lines */
	if (has_control_bytes(t->name) || (t->link && has_control_bytes(t->link)))
		return vz_err_set(err, VZ_FAILED, "'%s' has control bytes in its name or target", t->name);
	if (vz_sink_entry(d->sink, &e, err) < 0)
		return -1;
	path = vz_path_normal(t->name);
	vz_buf_printf(&d->list, "%s\n", path[1] ? path : "/.");
	if (t->mtime > d->newest)
		d->newest = t->mtime;
	if (t->hard_link) {
		auto_free char *target = vz_path_normal(t->link);
		const char *sum = vz_table_get(&d->sums, target);

		if (sum)
			vz_table_put(&d->sums, path, vz_strdup(sum));
		return 0;
	}
	return S_ISREG(t->mode) ? give_data(d, tar, path, err) : 0;
}

static int read_data_archive(struct deb *d, struct vz_err *err)
{
	auto_tar struct vz_tar *tar = vz_tar_new(read_archive, d->ar);
	struct vz_tar_entry e;
	int r;

	if (vz_apt_deb_begin(d->ar, VZ_APT_DATA, err) < 0)
		return -1;
	while ((r = vz_tar_next(tar, &e, err)) > 0)
		if (give_entry(d, tar, &e, err) < 0)
			return -1;
	return r;
}

/*
 * What dpkg would have written: files below var/lib/dpkg/info, and the members
 * that composing reads.
 */

static int give_info(struct deb *d, const char *suffix, int64_t mtime, const struct vz_buf *data, struct vz_err *err)
{
	static const char *const scripts[] = { "preinst", "postinst", "prerm", "postrm", "config" };
	auto_free char *path = vz_printf(INFO "%s%s%s.%s", d->package, d->multi_arch_same ? ":" : "",
					 d->multi_arch_same ? d->arch : "", suffix);
	uint32_t mode = 0644;

	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
		if (!strcmp(suffix, scripts[i]))
			mode = 0755;
	return vz_sink_file(d->sink, path, mode, mtime, data->data, data->len, err);
}

static int give_md5sums(struct deb *d, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	for (size_t i = 0; i < d->sums.n; i++)
		vz_buf_printf(&text, "%s  %s\n", (char *)d->sums.items[i].value, d->sums.items[i].key + 1);
	return give_info(d, "md5sums", d->newest, &text, err);
}

static int give_infos(struct deb *d, struct vz_err *err)
{
	for (size_t i = 0; i < d->n_members; i++) {
		const struct member *m = &d->members[i];

		if (m->mtime > d->newest)
			d->newest = m->mtime;
		if (strcmp(m->name, "control") && give_info(d, m->name, m->mtime, &m->data, err) < 0)
			return -1;
	}
	if (d->sum_all && give_md5sums(d, err) < 0)
		return -1;
	return give_info(d, "list", d->newest, &d->list, err);
}

/* As dpkg's database has them. */
static void keep_conffiles(struct deb *d)
{
	auto_buf struct vz_buf lines = {0};

	for (size_t i = 0; i < d->conffiles.n; i++) {
		const char *path = d->conffiles.items[i].key, *sum = vz_table_get(&d->sums, path);

		if (!d->conffiles.items[i].value)
			vz_buf_printf(&lines, "%s newconffile remove-on-upgrade\n", path);
		else if (sum)
			vz_buf_printf(&lines, "%s %s\n", path, sum);
	}
	if (lines.len)
		vz_record_add(d->record, "conffile-md5", lines.data, lines.len);
}

static void keep_members(struct deb *d)
{
	static const char *const kept[] = { "control", "preinst", "postinst", "conffiles", "triggers" };

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const struct member *m = find_member(d, kept[i]);

		if (m)
			vz_record_add(d->record, m->name, m->data.data, m->data.len);
	}
	keep_conffiles(d);
}

static int read_deb(int fd, struct vz_sink *sink, struct vz_record *record, struct vz_err *err)
{
	__attribute__((cleanup(deb_release))) struct deb d = { .sink = sink, .record = record };

	d.ar = vz_apt_deb_open(fd, err);
	if (!d.ar)
		return -1;
	d.md5 = vz_hash_new("MD5");
	if (read_control_archive(&d, err) < 0)
		return vz_err_wrap(err, "control archive");
	if (parse_control(&d, err) < 0 || parse_conffiles(&d, err) < 0)
		return -1;
	d.sum_all = !find_member(&d, "md5sums");
	if (read_data_archive(&d, err) < 0)
		return vz_err_wrap(err, "package '%s'", d.package);
	keep_members(&d);
	return give_infos(&d, err) < 0 ? vz_err_wrap(err, "package '%s'", d.package) : 0;
}

const struct vz_package_ops vz_package_deb = { .family = "deb", .read = read_deb };
