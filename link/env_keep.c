/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "link/env_turn.h"

unsigned *vz_env_surplus(const struct vz_store *s, const char *name, unsigned keep, size_t *ret_n, struct vz_err *err)
{
	auto_env struct vz_env now = {0};
	size_t n = 0, left = 0;
	unsigned *list;

	if (vz_env_read(s, name, &now, err) < 0)
		return NULL;
	list = vz_env_generations(s, name, &n, err);
	for (size_t i = 0; list && i + keep < n; i++)
		if (list[i] != now.generation)
			list[left++] = list[i];
	*ret_n = left;
	return list;
}

/* Out of sight by one rename each, the record first: without it the rest means nothing. What an error leaves is
 * removed with the stage. */
static int put_away(struct vz_store *s, const char *name, unsigned generation, struct vz_err *err)
{
	static const char *const parts[] = { "", ".undo" };
	auto_free char *dir = vz_printf("envs/%s/generations", name);
	int stage = vz_store_stage(s, err);

	for (size_t i = 0; stage >= 0 && i < 2; i++) {
		auto_free char *path = vz_printf("%s/%u%s", dir, generation, parts[i]);
		auto_free char *gone = vz_printf("generation-%s-%u%s", name, generation, parts[i]);

		if (renameat(vz_store_fd(s), path, stage, gone) == 0) {
			if (vz_fsync_dir(vz_store_fd(s), dir, err) < 0 || vz_remove_tree(stage, gone, err) < 0)
				return -1;
		} else if (errno != ENOENT) {
			return vz_err_sys(err, "remove '%s'", path);
		} else if (i == 0) {
			return vz_err_set(err, VZ_NOTFOUND, "environment '%s' has no generation %u", name, generation);
		}
	}
	return stage < 0 ? -1 : 0;
}

int vz_env_forget(struct vz_store *s, const char *name, unsigned generation, struct vz_err *err)
{
	auto_env struct vz_env now = {0};
	auto_fd int lock = -1;

	/* a move that somebody left half done may need what is to go */
	lock = vz_env_lock(s, name, &now, NULL, err);
	if (lock < 0)
		return -1;
	if (now.generation == generation)
		return vz_err_set(err, VZ_BUSY, "generation %u of environment '%s' is the current one", generation, name);
	return put_away(s, name, generation, err);
}

static void add_generation(const struct vz_env *e, uint32_t holder, struct vz_live *l)
{
	const struct vz_composition *c = &e->shows;
	const struct vz_digest none = {0};
	auto_free char *ref = vz_printf("%s@%u", c->template_name, c->template_version);

	vz_live_add_version(l, ref, holder);
	for (size_t i = 0; i < c->apps.n; i++)
		vz_live_add_version(l, c->apps.v[i], holder);
	for (size_t i = 0; i < c->files.n; i++)
		vz_live_add_record(l, c->files.v[i], holder);
	vz_live_add_image(l, &c->image, holder);
	vz_live_add_plan(l, &c->plan, holder);
	if (vz_digest_cmp(&e->layer, &none))
		vz_live_add_image(l, &e->layer, holder);
}

static bool is_among(unsigned n, const unsigned *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (list[i] == n)
			return true;
	return false;
}

void vz_env_add_roots(const struct vz_store *s, const char *name, const unsigned *without, size_t n_without,
		      uint32_t holder, struct vz_live *l)
{
	struct vz_err err = {0};
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(s, name, &n, &err);

	if (!list)
		vz_live_add_unknown(l, &err);
	for (size_t i = 0; i < n; i++) {
		auto_env struct vz_env e = {0};

		if (is_among(list[i], without, n_without))
			continue;
		if (vz_env_generation(s, name, list[i], &e, &err) < 0)
			vz_live_add_unknown(l, &err);
		else
			add_generation(&e, holder, l);
	}
}
