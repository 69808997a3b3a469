/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "store/dump.h"
#include "store/gzip.h"
#include "store/reference.h"

#define MAX_TEXT ((size_t)256 << 20)

/* A version number as it is written; 0 for anything else. */
static unsigned parse_version(const char *text)
{
	unsigned v = 0;

	if (*text == '0')
		return 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (unsigned)(*text - '0'), &v))
			return 0;
	return *text ? 0 : v;
}

unsigned vz_manifest_current(const struct vz_store *s, const char *name)
{
	unsigned version = 0;
	struct vz_err unused;

	vz_reference_find(s, name, VZ_REFERENCE_CURRENT, &version, &unused);
	return version;
}

static int parse_ref(const struct vz_store *s, const char *ref, char **ret_name, unsigned *ret_version,
		     struct vz_err *err)
{
	const char *at = strchr(ref, '@');
	auto_free char *name = at ? vz_strndup(ref, (size_t)(at - ref)) : vz_strdup(ref);
	unsigned version = at ? parse_version(at + 1) : 0;

	if (!vz_name_is_sane(name) || (at && !version))
		return vz_err_set(err, VZ_NOTFOUND, "'%s' is not the name of a template", ref);
	if (!at && vz_reference_find(s, name, VZ_REFERENCE_CURRENT, &version, err) < 0)
		return -1;
	if (!version)
		return vz_err_set(err, VZ_NOTFOUND, "there is no template '%s'", name);
	*ret_name = steal(&name);
	*ret_version = version;
	return 0;
}

/* templates/<name>/<N>/lock, which must be what the manifest says. */
static int read_lock(const struct vz_store *s, const char *dir, struct vz_manifest *m, struct vz_err *err)
{
	auto_free char *path = vz_printf("%s/lock", dir);
	auto_buf struct vz_buf text = {0};
	struct vz_digest sum;

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0) {
		err->code = VZ_DAMAGED;
		return -1;
	}
	vz_sha256(text.data, text.len, &sum);
	if (vz_digest_cmp(&sum, &m->lock_sum))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is not the lock that the manifest names", path);
	m->lock = vz_buf_steal(&text);
	return 0;
}

static int read_version(const struct vz_store *s, const char *name, unsigned version, struct vz_manifest *ret,
			struct vz_err *err)
{
	auto_free char *dir = vz_printf("templates/%s/%u", name, version), *path = vz_printf("%s/manifest", dir);
	auto_manifest struct vz_manifest m = {0};
	auto_buf struct vz_buf text = {0};

	if (vz_read_file(vz_store_fd(s), path, MAX_TEXT, &text, err) < 0) {
		if (err->code == VZ_NOTFOUND)
			vz_err_set(err, VZ_NOTFOUND, "there is no template '%s@%u'", name, version);
		return -1;
	}
	if (vz_manifest_parse(text.data, text.len, &m, err) < 0)
		return vz_err_wrap(err, "template '%s@%u'", name, version);
	if (m.version != version || strcmp(m.name, name))
		return vz_err_set(err, VZ_DAMAGED, "'%s' is the manifest of '%s@%u'", path, m.name, m.version);
	if (read_lock(s, dir, &m, err) < 0)
		return -1;
	*ret = m;
	m = (struct vz_manifest){0};
	return 0;
}

int vz_manifest_read(const struct vz_store *s, const char *ref, struct vz_manifest *ret, struct vz_err *err)
{
	auto_free char *name = NULL;
	unsigned version = 0;

	return parse_ref(s, ref, &name, &version, err) < 0 ? -1 : read_version(s, name, version, ret, err);
}

struct vz_tree *vz_manifest_tree(const struct vz_store *s, const struct vz_manifest *m, struct vz_err *err)
{
	struct vz_tree *t = vz_store_image_tree(s, &m->image, err);

	if (!t)
		vz_err_wrap(err, "template '%s@%u'", m->name, m->version);
	return t;
}

int vz_manifest_log(const struct vz_store *s, const struct vz_manifest *m, struct vz_buf *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%u/log", m->name, m->version);

	return vz_read_file(vz_store_fd(s), path, MAX_TEXT, ret, err);
}

/*
 * Publishing and removing.
 */

/* For files whose durability vz_store_sync() brings. */
static int write_plain(int dir, const char *name, const void *data, size_t len, struct vz_err *err)
{
	auto_fd int fd = vz_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	return vz_write_fd(fd, data, len, err) < 0 ? vz_err_wrap(err, "'%s'", name) : 0;
}

static int write_files(int dir, struct vz_manifest *m, const struct vz_tree *tree, const char *log, struct vz_err *err)
{
	auto_buf struct vz_buf dump = {0}, zipped = {0}, text = {0};

	vz_dump_write(tree, &dump);
	vz_gzip_write(dump.data, dump.len, &zipped);
	vz_sha256(zipped.data, zipped.len, &m->tree_sum);
	vz_sha256(m->lock, strlen(m->lock), &m->lock_sum);
	if (vz_manifest_format(m, &text, err) < 0 || write_plain(dir, "manifest", text.data, text.len, err) < 0 ||
	    write_plain(dir, "lock", m->lock, strlen(m->lock), err) < 0 ||
	    write_plain(dir, "tree", zipped.data, zipped.len, err) < 0)
		return -1;
	return write_plain(dir, "log", log, strlen(log), err);
}

static unsigned highest_version(const struct vz_store *s, const char *name)
{
	struct vz_err unused;
	size_t n = 0;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, &unused);

	return all && n ? all[n - 1] : 0;
}

/* Moves a complete directory from the stage to its number. */
static int name_version(struct vz_store *s, const char *staged, const struct vz_manifest *m, struct vz_err *err)
{
	auto_free char *home = vz_printf("templates/%s", m->name), *path = vz_printf("%s/%u", home, m->version);

	if (vz_reference_announce(s, m->name, m->version, err) < 0 || vz_store_sync(s, err) < 0)
		return -1;
	if (renameat2(vz_store_stage(s, err), staged, vz_store_fd(s), path, RENAME_NOREPLACE) < 0)
		return vz_err_sys(err, "publish '%s'", path);
	if (vz_fsync_dir(vz_store_fd(s), home, err) < 0 || vz_fsync_dir(vz_store_fd(s), "templates", err) < 0)
		return -1;
	return vz_reference_write(s, m->name, VZ_REFERENCE_CURRENT, m->version, err);
}

int vz_manifest_publish(struct vz_store *s, struct vz_manifest *m, const struct vz_tree *tree, const char *log,
			struct vz_err *err)
{
	auto_free char *home = vz_printf("templates/%s", m->name), *staged = NULL;
	unsigned highest, removed = 0;
	int stage = vz_store_stage(s, err);
	auto_fd int dir = -1;

	if (!vz_name_is_sane(m->name))
		return vz_err_set(err, VZ_USAGE, "'%s' cannot be the name of a template", m->name);
	if (stage < 0)
		return -1;
	if (mkdirat(vz_store_fd(s), home, 0700) < 0 && errno != EEXIST)
		return vz_err_sys(err, "make directory '%s'", home);
	if (vz_reference_find(s, m->name, VZ_REFERENCE_LAST, &removed, err) < 0)
		return -1;
	highest = highest_version(s, m->name);
	m->version = (highest > removed ? highest : removed) + 1;
	staged = vz_printf("template-%s-%u", m->name, m->version);
	if (mkdirat(stage, staged, 0700) < 0)
		return vz_err_sys(err, "make directory '%s'", staged);
	dir = vz_open_dir(stage, staged, err);
	if (dir < 0 || write_files(dir, m, tree, log, err) < 0 || name_version(s, staged, m, err) < 0)
		return vz_err_wrap(err, "template '%s'", m->name);
	return 0;
}

static bool has_version(const struct vz_store *s, const char *name, unsigned version)
{
	auto_free char *path = vz_printf("templates/%s/%u/manifest", name, version);

	return vz_name_is_sane(name) && faccessat(vz_store_fd(s), path, F_OK, 0) == 0;
}

int vz_manifest_set_current(struct vz_store *s, const char *name, unsigned version, struct vz_err *err)
{
	if (!has_version(s, name, version))
		return vz_err_set(err, VZ_NOTFOUND, "there is no template '%s@%u'", name, version);
	return vz_reference_write(s, name, VZ_REFERENCE_CURRENT, version, err);
}

/* Out of sight with one rename; the stage's end removes what an error leaves. */
static int remove_version(struct vz_store *s, const char *name, unsigned version, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s/%u", name, version), *gone = vz_printf("removed-%s-%u", name, version);
	int stage = vz_store_stage(s, err);

	if (stage < 0)
		return -1;
	if (renameat(vz_store_fd(s), path, stage, gone) < 0)
		return vz_err_sys(err, "remove '%s'", path);
	return vz_remove_tree(stage, gone, err);
}

/* Before a version goes: its number stays known, and `current` never names what is not there. */
static int prepare_removal(struct vz_store *s, const char *name, unsigned version, struct vz_err *err)
{
	size_t n;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, err);
	unsigned left = 0, last, current;

	if (!all || vz_reference_find(s, name, VZ_REFERENCE_LAST, &last, err) < 0 ||
	    vz_reference_find(s, name, VZ_REFERENCE_CURRENT, &current, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (version && all[i] != version)
			left = all[i];
	if (all[n - 1] > left && all[n - 1] > last &&
	    vz_reference_write(s, name, VZ_REFERENCE_LAST, all[n - 1], err) < 0)
		return -1;
	if (version && current != version)
		return 0;
	return left ? vz_reference_write(s, name, VZ_REFERENCE_CURRENT, left, err)
		    : vz_reference_remove(s, name, VZ_REFERENCE_CURRENT, err);
}

int vz_manifest_remove(struct vz_store *s, const char *name, unsigned version, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *all = vz_manifest_versions(s, name, &n, err);
	auto_free char *home = vz_printf("templates/%s", name);

	if (!all)
		return -1;
	if (!n || (version && !has_version(s, name, version)))
		return version ? vz_err_set(err, VZ_NOTFOUND, "there is no template '%s@%u'", name, version)
			       : vz_err_set(err, VZ_NOTFOUND, "there is no template '%s'", name);
	if (prepare_removal(s, name, version, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((!version || all[i] == version) && remove_version(s, name, all[i], err) < 0)
			return -1;
	return vz_fsync_dir(vz_store_fd(s), home, err);
}

/*
 * Listing.
 */

/* Also one that cannot be read. */
static bool has_current(const struct vz_store *s, const char *name)
{
	struct vz_err err = {0};
	unsigned version;

	return vz_reference_read(s, name, VZ_REFERENCE_CURRENT, &version, &err) == 0 || err.code != VZ_NOTFOUND;
}

static char **list_names(const struct vz_store *s, bool current, size_t *ret_n, struct vz_err *err)
{
	auto_texts struct vz_texts all = {0};
	size_t n = 0;
	char **names;

	if (vz_list_dir(vz_store_fd(s), "templates", &all, err) < 0)
		return NULL;
	names = vz_alloc((all.n + 1) * sizeof *names);
	for (size_t i = 0; i < all.n; i++)
		if (vz_name_is_sane(all.v[i]) && (!current || has_current(s, all.v[i])))
			names[n++] = vz_strdup(all.v[i]);
	*ret_n = n;
	return names;
}

char **vz_manifest_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err)
{
	return list_names(s, true, ret_n, err);
}

char **vz_manifest_all_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err)
{
	return list_names(s, false, ret_n, err);
}

void vz_names_free(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

static int compare_versions(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

unsigned *vz_manifest_versions(const struct vz_store *s, const char *name, size_t *ret_n, struct vz_err *err)
{
	auto_free char *path = vz_printf("templates/%s", name);
	auto_texts struct vz_texts names = {0};
	unsigned *all;
	size_t n = 0;

	if (!vz_name_is_sane(name) || vz_list_dir(vz_store_fd(s), path, &names, err) < 0) {
		vz_err_set(err, VZ_NOTFOUND, "there is no template '%s'", name);
		return NULL;
	}
	all = vz_alloc((names.n + 1) * sizeof *all);
	for (size_t i = 0; i < names.n; i++) {
		all[n] = parse_version(names.v[i]);
		n += all[n] != 0;
	}
	qsort(all, n, sizeof *all, compare_versions);
	*ret_n = n;
	return all;
}
