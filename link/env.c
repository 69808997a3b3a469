/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/usage.h"
#include "link/env_record.h"
#include "link/running.h"

#define MAX_RECORD 65536

/*
 * Making: all below the stage, made durable, then renamed into place.
 */

static int stage_env(int stage, const struct vz_env *e, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};
	auto_fd int dir = -1, fd = -1;

	if (vz_env_format(e, &text, err) < 0)
		return -1;
	if (mkdirat(stage, e->name, 0700) < 0)
		return vz_err_sys(err, "make directory '%s'", e->name);
	dir = vz_open_dir(stage, e->name, err);
	fd = dir < 0 ? -1 : vz_open(dir, "env.json", O_WRONLY | O_CREAT | O_EXCL, 0600, err);
	if (fd < 0)
		return -1;
	if (vz_write_fd(fd, text.data, text.len, err) < 0)
		return vz_err_wrap(err, "'env.json'");
	return vz_fsync(fd, "env.json", err) < 0 ? -1 : vz_fsync(dir, e->name, err);
}

static int publish(struct vz_store *s, int stage, const char *name, struct vz_err *err)
{
	auto_fd int envs = vz_open_dir(vz_store_fd(s), "envs", err);

	if (envs < 0)
		return -1;
	if (renameat2(stage, name, envs, name, RENAME_NOREPLACE) < 0) {
		if (errno == EEXIST)
			return vz_err_set(err, VZ_EXISTS, "environment '%s' exists already", name);
		return vz_err_sys(err, "make environment '%s'", name);
	}
	return vz_fsync(envs, "envs", err);
}

int vz_env_check_new(const struct vz_store *s, const char *name, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s", name);

	if (!vz_name_is_sane(name)) {
		vz_err_set(err, VZ_USAGE, "'%s' cannot be the name of an environment", name);
		return vz_err_hint(err, "use letters, digits, '.', '_' and '-', at most 128, first a letter or digit");
	}
	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return vz_err_set(err, VZ_EXISTS, "environment '%s' exists already", name);
	return 0;
}

int vz_env_create(struct vz_store *s, const char *name, const struct vz_composition *shows, struct vz_env *ret,
		  struct vz_err *err)
{
	auto_env struct vz_env e = {
		.name = vz_strdup(name), .generation = 1, .created = time(NULL), .since = time(NULL), .reason = vz_strdup("create"),
	};
	auto_fd int lock = -1, image = -1;
	struct vz_err unused;
	int stage;

	vz_composition_copy(shows, &e.shows);
	if (vz_env_check_new(s, name, err) < 0)
		return -1;
	lock = vz_store_lock(s, "env", name, true, err);
	if (lock < 0 || vz_env_check_new(s, name, err) < 0)
		return -1;
	image = vz_store_open_image(s, &shows->image, err);
	stage = image < 0 ? -1 : vz_store_stage(s, err);
	if (stage < 0)
		return -1;
	if (stage_env(stage, &e, err) < 0 || publish(s, stage, name, err) < 0) {
		vz_remove_tree(stage, name, &unused);
		return -1;
	}
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}

/*
 * Looking.
 */

int vz_env_read(const struct vz_store *s, const char *name, struct vz_env *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/env.json", name);
	auto_buf struct vz_buf text = {0};
	auto_env struct vz_env e = {0};

	if (!vz_name_is_sane(name))
		return vz_err_set(err, VZ_NOTFOUND, "there is no environment '%s'", name);
	if (vz_read_file(vz_store_fd(s), path, MAX_RECORD, &text, err) < 0) {
		if (err->code != VZ_NOTFOUND)
			return -1;
		vz_err_set(err, VZ_NOTFOUND, "there is no environment '%s'", name);
		return vz_err_hint(err, "'vzpkg list --envs' shows what there is");
	}
	if (vz_env_parse(text.data, text.len, &e, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	if (strcmp(e.name, name))
		return vz_err_set(err, VZ_DAMAGED, "environment '%s' has the record of '%s'", name, e.name);
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}

char **vz_env_names(const struct vz_store *s, size_t *ret_n, struct vz_err *err)
{
	auto_texts struct vz_texts all = {0};
	size_t n = 0;
	char **names;

	if (vz_list_dir(vz_store_fd(s), "envs", &all, err) < 0)
		return NULL;
	names = vz_alloc((all.n + 1) * sizeof *names);
	for (size_t i = 0; i < all.n; i++)
		if (vz_name_is_sane(all.v[i]))
			names[n++] = vz_strdup(all.v[i]);
	*ret_n = n;
	return names;
}

/* Is `ref`, "NAME@N", this version of the template (0: any)? */
static bool is_version(const char *ref, const char *template_name, unsigned version)
{
	auto_free char *want = version ? vz_printf("%s@%u", template_name, version) : vz_printf("%s@", template_name);

	return version ? !strcmp(ref, want) : !strncmp(ref, want, strlen(want));
}

static bool shows(const struct vz_composition *c, const char *template_name, unsigned version)
{
	bool found = !strcmp(c->template_name, template_name) && (!version || c->template_version == version);

	for (size_t i = 0; i < c->apps.n && !found; i++)
		found = is_version(c->apps.v[i], template_name, version);
	return found;
}

/* One that vanished meanwhile uses nothing. */
static bool uses(const struct vz_store *s, const char *env, const char *template_name, unsigned version)
{
	struct vz_err err;
	size_t n = 0;
	auto_free unsigned *generations = vz_env_generations(s, env, &n, &err);
	bool found = !generations && err.code != VZ_NOTFOUND;

	for (size_t i = 0; i < n && !found; i++) {
		auto_env struct vz_env e = {0};

		if (vz_env_generation(s, env, generations[i], &e, &err) < 0)
			found = err.code != VZ_NOTFOUND;
		else
			found = shows(&e.shows, template_name, version);
	}
	return found;
}

bool vz_env_uses(const struct vz_store *s, const char *template_name, unsigned version, char **ret_env)
{
	struct vz_err err;
	size_t n = 0;
	char **names = vz_env_names(s, &n, &err);
	bool found = !names;

	for (size_t i = 0; i < n && !found; i++) {
		found = uses(s, names[i], template_name, version);
		if (found)
			*ret_env = steal(&names[i]);
	}
	if (!names)
		*ret_env = vz_strdup("?");
	else
		vz_names_free(names, n);
	return found;
}

int vz_env_private_bytes(const struct vz_store *s, const char *name, uint64_t *ret, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/upper", name);
	auto_env struct vz_env e = {0};
	uint64_t total = 0;

	if (vz_env_read(s, name, &e, err) < 0)
		return -1;
	if (vz_usage_below(vz_store_fd(s), path, &total, err) < 0)
		return vz_err_wrap(err, "private area of environment '%s'", name);
	*ret = total;
	return 0;
}

/*
 * Removing: out of sight by one rename, then bit by bit. What is left of it if
 * we die is removed with our stage.
 */

static int check_idle(const struct vz_store *s, const char *name, struct vz_err *err)
{
	if (vz_running_look(s, name, NULL)) {
		vz_err_set(err, VZ_BUSY, "environment '%s' is started", name);
		return vz_err_hint(err, "'vzpkg stop %s' first", name);
	}
	if (vz_env_is_mounted(s, name)) {
		vz_err_set(err, VZ_BUSY, "environment '%s' is mounted", name);
		return vz_err_hint(err, "'vzpkg umount %s' first", name);
	}
	if (vz_env_is_running(s, name)) {
		vz_err_set(err, VZ_BUSY, "a command runs in environment '%s'", name);
		return vz_err_hint(err, "wait for it, or end it");
	}
	return 0;
}

int vz_env_remove(struct vz_store *s, const char *name, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s", name);
	auto_fd int lock = -1;
	struct vz_err unused;
	int stage;

	if (!vz_name_is_sane(name) || faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return vz_err_set(err, VZ_NOTFOUND, "there is no environment '%s'", name);
	lock = vz_store_lock(s, "env", name, true, err);
	stage = lock < 0 ? -1 : vz_store_stage(s, err);
	if (stage < 0 || check_idle(s, name, err) < 0 || vz_running_clear(s, name, err) < 0)
		return -1;
	if (renameat(vz_store_fd(s), path, stage, name) < 0)
		return vz_err_sys(err, "remove environment '%s'", name);
	if (vz_fsync_dir(vz_store_fd(s), "envs", err) < 0)
		return -1;
	vz_remove_tree(stage, name, &unused);
	return 0;
}
