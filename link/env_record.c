/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env_record.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

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
	size_t at = 0;

	if (vz_env_read(s, name, &e, err) < 0)
		return NULL;
	list = kept(s, name, ret_n);
	while (at < *ret_n && list[at] < e.generation)
		at++;
	if (at < *ret_n && list[at] == e.generation)
		return list;
	list = vz_realloc(list, *ret_n + 1, sizeof *list);
	memmove(&list[at + 1], &list[at], (*ret_n - at) * sizeof *list);
	list[at] = e.generation;
	++*ret_n;
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

void vz_env_copy(const struct vz_env *e, struct vz_env *ret)
{
	*ret = *e;
	ret->name = vz_strdup(e->name);
	vz_composition_copy(&e->shows, &ret->shows);
	ret->reason = vz_strdup(e->reason);
}

static int write_record(struct vz_store *s, const char *path, const struct vz_env *e, struct vz_err *err)
{
	auto_buf struct vz_buf text = {0}, is = {0};

	if (vz_env_format(e, &text, err) < 0)
		return -1;
	if (vz_read_file(vz_store_fd(s), path, MAX_RECORD, &is, err) == 0 && strcmp(is.data, text.data) == 0)
		return 0;
	return vz_write_file(vz_store_fd(s), path, text.data, text.len, 0600, err);
}

int vz_env_keep(struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_free char *dir = vz_printf("envs/%s/generations", e->name), *path = generation_path(e->name, e->generation);

	return vz_make_dirs(vz_store_fd(s), dir, 0700, err) < 0 ? -1 : write_record(s, path, e, err);
}

int vz_env_write(struct vz_store *s, const struct vz_env *e, struct vz_err *err)
{
	auto_free char *path = vz_printf("envs/%s/env.json", e->name);

	return write_record(s, path, e, err);
}

unsigned *vz_env_ancestors(const struct vz_store *s, const struct vz_env *e, size_t *ret_n)
{
	unsigned *list = NULL, next = e->from;
	size_t n = 0, cap = 0;
	struct vz_err unused;

	vz_grow(list, n, cap);
	while (next) {
		auto_env struct vz_env g = {0};
		bool again = next == e->generation;

		/* a damaged record may lead anywhere */
		for (size_t i = 0; i < n; i++)
			again = again || list[i] == next;
		if (again || vz_env_generation(s, e->name, next, &g, &unused) < 0)
			break;
		vz_grow(list, n, cap);
		list[n++] = next;
		next = g.from;
	}
	*ret_n = n;
	return list;
}
