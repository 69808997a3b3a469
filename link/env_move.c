/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/env_mount.h"

#define MAX_RECORD 65536

static char *generation_path(const char *name, unsigned generation)
{
	return vz_printf("envs/%s/generations/%u", name, generation);
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* Those that have a record below generations/; none if there is no such directory. */
static unsigned *kept(const struct vz_store *s, const char *name, size_t *ret_n)
{
	auto_free char *path = vz_printf("envs/%s/generations", name);
	int fd = openat(vz_store_fd(s), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned *list = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;

	vz_grow(list, n, cap);
	while (d && (e = readdir(d))) {
		char *end;
		unsigned long number = strtoul(e->d_name, &end, 10);

		if (*end || !number || number > 4294967295)
			continue;
		vz_grow(list, n, cap);
		list[n++] = (unsigned)number;
	}
	if (d)
		closedir(d);
	qsort(list, n, sizeof *list, by_number);
	*ret_n = n;
	return list;
}

unsigned *vz_env_generations(const struct vz_store *s, const char *name, size_t *ret_n, struct vz_err *err)
{
	auto_env struct vz_env e = {0};
	unsigned *list;

	if (vz_env_read(s, name, &e, err) < 0)
		return NULL;
	list = kept(s, name, ret_n);
	if (!*ret_n)
		list[(*ret_n)++] = e.generation;
	return list;
}

int vz_env_generation(const struct vz_store *s, const char *name, unsigned generation, struct vz_env *ret,
		      struct vz_err *err)
{
	auto_free char *path = generation_path(name, generation);
	auto_buf struct vz_buf text = {0};
	auto_env struct vz_env e = {0};

	if (vz_env_read(s, name, &e, err) < 0)
		return -1;
	if (e.generation != generation) {
		vz_env_release(&e);
		if (vz_read_file(vz_store_fd(s), path, MAX_RECORD, &text, err) < 0) {
			if (err->code == VZ_NOTFOUND)
				vz_err_set(err, VZ_NOTFOUND, "environment '%s' has no generation %u", name, generation);
			return -1;
		}
		if (vz_env_parse(text.data, text.len, &e, err) < 0)
			return vz_err_wrap(err, "environment '%s', generation %u", name, generation);
		if (strcmp(e.name, name) || e.generation != generation)
			return vz_err_set(err, VZ_DAMAGED, "generation %u of environment '%s' has the record of another",
					  generation, name);
	}
	*ret = e;
	e = (struct vz_env){0};
	return 0;
}

static struct vz_env copy(const struct vz_env *e)
{
	struct vz_env c = *e;

	c.name = vz_strdup(e->name);
	vz_composition_copy(&e->shows, &c.shows);
	c.reason = vz_strdup(e->reason);
	return c;
}

/* ---- what is to be done ---- */

static int go_back(const struct vz_store *s, const struct vz_env_move *m, const struct vz_env *now, struct vz_env *ret,
		   struct vz_err *err)
{
	unsigned target = m->back_to;
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(s, m->name, &n, err);

	if (!list)
		return -1;
	for (size_t i = 0; !m->back_to && i < n; i++)
		if (list[i] < now->generation)
			target = list[i];
	if (!target)
		return vz_err_set(err, VZ_NOTFOUND, "environment '%s' has no generation before %u", m->name, now->generation);
	return vz_env_generation(s, m->name, target, ret, err);
}

static int go_on(const struct vz_store *s, const struct vz_env_move *m, const struct vz_env *now, struct vz_env *ret,
		 struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(s, m->name, &n, err);

	if (!list)
		return -1;
	*ret = copy(now);
	if (vz_composition_same(&now->shows, m->to))
		return 0;
	vz_composition_release(&ret->shows);
	vz_composition_copy(m->to, &ret->shows);
	free(ret->reason);
	ret->generation = list[n - 1] + 1;
	ret->since = time(NULL);
	ret->reason = vz_strdup(m->reason);
	return 0;
}

/* ---- doing it ---- */

static int write_record(struct vz_store *s, const char *path, const struct vz_env *e, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0};

	if (vz_env_format(e, &text, err) < 0)
		return -1;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

static int keep(struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_free char *dir = vz_printf("envs/%s/generations", e->name), *path = generation_path(e->name, e->generation);

	if (faccessat(vz_store_fd(s), path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (vz_make_dirs(vz_store_fd(s), dir, 0700, err) < 0)
		return -1;
	return write_record(s, path, e, err);
}

static int commit(struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/env.json", e->name);

	return write_record(s, path, e, err);
}

/* What runs in it, and where it is mounted, follows the record. */
static int follow(struct vz_store *s, struct vz_env_moved *m, int lock, struct vz_err *err)
{
	auto_fd int old = -1, new = -1;

	if (vz_env_find_mount(s, m->after.name, lock, &old, err) < 0)
		return -1;
	if (old < 0)
		return 0;
	new = vz_env_mount_new(s, &m->after, err);
	return new < 0 ? -1 : vz_remap(old, new, &m->remap, err);
}

/* While this is there, what runs may be behind the record. It need not outlive what runs. */
static char *mark_path(const char *name)
{
	return vz_printf("envs/%s/moving", name);
}

static bool is_behind(const struct vz_store *s, const char *name)
{
	auto_free char *mark = mark_path(name);

	return faccessat(vz_store_fd(s), mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int move(struct vz_store *s, struct vz_env_moved *m, int lock, struct vz_err *err)
{
	auto_fd int image = vz_store_open_image(s, &m->after.shows.image, err), mark = -1;
	auto_free char *path = mark_path(m->after.name);
	struct vz_err unused;
	int rc;

	if (image < 0 || keep(s, &m->before, err) < 0 || keep(s, &m->after, err) < 0)
		return -1;
	mark = vz_open(vz_store_fd(s), path, O_WRONLY | O_CREAT, 0600, err);
	if (mark < 0)
		return -1;
	rc = commit(s, &m->after, err);
	if (rc == 0 && (rc = follow(s, m, lock, err)) < 0)
		commit(s, &m->before, &unused);
	unlinkat(vz_store_fd(s), path, 0);
	return rc;
}

/* Somebody died half way. */
static int finish_move(struct vz_store *s, struct vz_env_moved *m, int lock, struct vz_err *err)
{
	auto_free char *path = mark_path(m->after.name);

	if (follow(s, m, lock, err) < 0)
		return -1;
	unlinkat(vz_store_fd(s), path, 0);
	return 0;
}

void vz_env_moved_release(struct vz_env_moved *m)
{
	vz_env_release(&m->before);
	vz_env_release(&m->after);
	vz_remap_release(&m->remap);
}

int vz_env_move(struct vz_store *s, const struct vz_env_move *m, struct vz_env_moved *ret, struct vz_err *err)
{
	struct vz_env_moved moved = {0};
	auto_fd int lock = -1;
	int rc;

	if (!vz_name_is_sane(m->name))
		return vz_env_read(s, m->name, &moved.before, err);
	lock = vz_store_lock(s, "env", m->name, true, err);
	if (lock < 0 || vz_env_read(s, m->name, &moved.before, err) < 0)
		return -1;
	rc = (m->to ? go_on : go_back)(s, m, &moved.before, &moved.after, err);
	if (rc == 0 && !m->dry_run && moved.before.generation != moved.after.generation)
		rc = move(s, &moved, lock, err);
	else if (rc == 0 && !m->dry_run && is_behind(s, m->name))
		rc = finish_move(s, &moved, lock, err);
	if (rc < 0) {
		vz_env_moved_release(&moved);
		return vz_err_wrap(err, "environment '%s'", m->name);
	}
	*ret = moved;
	return 0;
}
