/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "link/env_record.h"
#include "link/env_turn.h"
#include "link/env_undo.h"

#define TRIES 4                  /* of planning without holding anybody, and a last one while all is held */

struct move {
	struct vz_store *store;
	const struct vz_env_move *what;
	struct vz_env_moved *moved;
	struct vz_turn turn;
	unsigned *left;                  /* generations whose moves are taken back, the newest first */
	size_t n_left;
	struct vz_journal undo;          /* and how */
	size_t n_planned;                /* changes in the plan; those taken back come after them */
};

/*
 * What it is to lead to.
 */

static int go_back(struct move *mv, const struct vz_env *now, struct vz_env *ret, struct vz_err *err)
{
	const char *name = mv->what->name;
	const unsigned target = mv->what->back_to ? mv->what->back_to : now->from;
	size_t n_from = 0;
	auto_free unsigned *from = vz_env_ancestors(mv->store, now, &n_from);

	if (!target)
		return vz_err_set(err, VZ_NOTFOUND, "environment '%s' has no generation before %u", name, now->generation);
	if (vz_env_generation(mv->store, name, target, ret, err) < 0 || target == now->generation)
		return target == now->generation ? 0 : -1;
	ret->layer = now->layer;
	for (size_t i = 0; i < n_from && !mv->n_left; i++)
		if (from[i] == target)
			mv->n_left = i + 1;
	if (!mv->n_left) {
		ret->from = now->generation;
		return 0;
	}
	/* ours, and those that we came by */
	memmove(from + 1, from, (mv->n_left - 1) * sizeof *from);
	from[0] = now->generation;
	mv->left = steal(&from);
	return 0;
}

static int go_on(struct move *mv, const struct vz_env *now, struct vz_env *ret, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *list = vz_env_generations(mv->store, mv->what->name, &n, err);

	if (!list)
		return -1;
	vz_env_copy(now, ret);
	if (vz_composition_same(&now->shows, mv->what->to))
		return 0;
	vz_composition_release(&ret->shows);
	vz_composition_copy(mv->what->to, &ret->shows);
	free(ret->reason);
	ret->generation = list[n - 1] + 1;
	ret->from = now->generation;
	ret->since = time(NULL);
	ret->reason = vz_strdup(mv->what->reason);
	return 0;
}

/*
 * What it changes in the private area.
 */

/* Is this path, or a directory that it is in, given back as it was? */
static bool is_given_back(const struct vz_journal *undo, const char *path)
{
	for (size_t i = 0; i < undo->n; i++) {
		size_t len = strlen(undo->changes[i].path);

		if (strncmp(path, undo->changes[i].path, len) == 0 && (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}

static void drop_given_back(struct vz_upper_plan *p, const struct vz_journal *undo)
{
	size_t n = 0, n_conflicts = 0;

	for (size_t i = 0; i < p->n; i++)
		if (is_given_back(undo, p->changes[i].path))
			free(p->changes[i].path);
		else
			p->changes[n++] = p->changes[i];
	p->n = n;
	for (size_t i = 0; i < p->n_conflicts; i++)
		if (is_given_back(undo, p->conflicts[i].path)) {
			free(p->conflicts[i].path);
			free(p->conflicts[i].what);
		} else {
			p->conflicts[n_conflicts++] = p->conflicts[i];
		}
	p->n_conflicts = n_conflicts;
}

static bool is_planned(const struct vz_upper_plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->changes[i].path, path) == 0)
			return true;
	for (size_t i = 0; i < p->n_conflicts; i++)
		if (strcmp(p->conflicts[i].path, path) == 0)
			return true;
	return false;
}

static int prepare(struct move *mv, struct vz_err *err)
{
	struct vz_upper_plan *p = &mv->moved->changes;
	const struct vz_turn *t = &mv->turn;
	auto_texts struct vz_texts changed = {0};

	vz_upper_plan_release(p);
	vz_journal_release(&mv->undo);
	if (t->upper < 0)
		return 0;
	if (vz_env_undo(t->env, t->upper, mv->left, mv->n_left, &mv->undo, &changed, err) < 0)
		return -1;
	if (mv->what->plan && mv->what->plan(mv->what->plan_ctx, t->upper, &t->before, &t->after, p, err) < 0)
		return -1;
	drop_given_back(p, &mv->undo);
	for (size_t i = 0; i < changed.n; i++)
		if (!is_planned(p, changed.v[i]))
			vz_upper_conflict(p, changed.v[i], "changed since a move changed it; it stays as it is");
	mv->n_planned = p->n;
	for (size_t i = 0; i < mv->undo.n; i++)
		vz_upper_add(p, mv->undo.changes[i].kind, mv->undo.changes[i].why, mv->undo.changes[i].path, NULL);
	return 0;
}

/* A planner that was overtaken while it read says that it is busy. */
static int prepare_in_time(struct move *mv, struct vz_err *err)
{
	for (int i = 1; prepare(mv, err) < 0; i++)
		if (err->code != VZ_BUSY || i == TRIES)
			return -1;
	return 0;
}

static bool is_dir(int upper, const char *path)
{
	struct vz_err unused;
	auto_fd int fd = vz_path_open_beneath(upper, path, O_PATH | O_DIRECTORY, &unused);

	return fd >= 0;
}

/* One of the plan, and its slot. */
static int add_change(struct move *mv, int dir, const struct vz_upper_change *c, struct vz_err *err)
{
	struct vz_journal *j = &mv->turn.journal;
	struct vz_journal_change *to;
	char name[16];
	struct stat st;

	if (*c->path != '/' || !c->path[1] || !vz_path_is_sane(c->path))
		return vz_err_set(err, VZ_FAILED, "'%s' cannot be the path of a private file", c->path);
	if (c->kind == VZ_UPPER_DIR && is_dir(mv->turn.upper, c->path))
		return 0;
	to = vz_journal_add(j, c->path);
	to->kind = c->kind;
	to->why = c->why;
	to->seen = c->seen;
	to->slot = (unsigned)j->n - 1;
	if (c->kind == VZ_UPPER_DROP)
		return 0;
	snprintf(name, sizeof name, "%u", to->slot);
	if (vz_upper_make(mv->store, dir, name, c, err) < 0 || vz_upper_mark(dir, name, &to->mark, err) < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return vz_err_sys(err, "stat '%s'", c->path);
	to->ino = st.st_ino;
	return 0;
}

static int write_down(struct move *mv, struct vz_err *err)
{
	struct vz_turn *t = &mv->turn;
	struct vz_journal *j = &t->journal;
	auto_fd int dir = -1;

	vz_journal_release(j);
	*j = (struct vz_journal){
		.name = vz_strdup(mv->what->name), .from = t->before.generation, .to = t->after.generation,
		.back = mv->n_left > 0,
	};
	if (vz_turn_begin(t, err) < 0 || (dir = vz_open_dir(t->env, "moving.new", err)) < 0)
		return -1;
	for (size_t i = 0; i < mv->n_planned; i++)
		if (add_change(mv, dir, &mv->moved->changes.changes[i], err) < 0)
			return -1;
	/* directories that moves had made go last, when nothing planned is in them */
	for (size_t i = 0; i < mv->undo.n; i++) {
		struct vz_journal_change *c = vz_journal_add(j, mv->undo.changes[i].path);
		char *path = c->path;

		*c = mv->undo.changes[i];
		c->path = path;
	}
	return vz_turn_write(t, err);
}

/*
 * Doing it.
 */

static int renew(void *ctx, struct vz_err *err)
{
	struct move *mv = ctx;

	return prepare(mv, err) < 0 ? -1 : write_down(mv, err);
}

/* Written, committed, followed; again while a tenant is faster. */
static int carry_out(struct move *mv, struct vz_err *err)
{
	struct vz_turn *t = &mv->turn;

	t->ctx = mv;
	for (int i = 1;; i++) {
		if ((i > 1 && prepare_in_time(mv, err) < 0) || write_down(mv, err) < 0 ||
		    (i == 1 && vz_turn_commit(t, err) < 0))
			return -1;
		t->renew = i == TRIES ? renew : NULL;
		if (vz_turn_follow(t, err) == 0)
			return 0;
		if (err->code != VZ_DIFFERS)
			return -1;
		if (i == TRIES) {
			err->code = VZ_BUSY;
			return vz_err_hint(err, "stop what changes it, and try again");
		}
	}
}

static int move_quietly(struct move *mv, struct vz_err *err)
{
	if (vz_env_write(mv->store, &mv->turn.after, err) < 0)
		return -1;
	for (size_t i = 0; i < mv->n_left; i++)
		if (vz_turn_forget(&mv->turn, mv->left[i], err) < 0)
			return -1;
	return 0;
}

static int move(struct move *mv, struct vz_err *err)
{
	struct vz_turn *t = &mv->turn;
	auto_fd int image = vz_store_open_image(mv->store, &t->after.shows.image, err);
	struct vz_err second;

	if (image < 0 || vz_env_keep(mv->store, &t->before, err) < 0)
		return -1;
	/* of an earlier time at that generation */
	if (!mv->n_left && vz_turn_forget(t, t->after.generation, err) < 0)
		return -1;
	if (!mv->moved->changes.n && t->old < 0)
		return move_quietly(mv, err);
	if (carry_out(mv, err) < 0) {
		vz_remove_tree(t->env, "moving.new", &second);
		vz_turn_back(t, &second);
		return -1;
	}
	return vz_turn_finish(t, err);
}

static int plan_and_move(struct move *mv, int lock, const struct vz_env *now, struct vz_err *err)
{
	struct vz_env_moved *moved = mv->moved;

	if (vz_turn_open(mv->store, mv->what->name, lock, &mv->turn, err) < 0)
		return -1;
	vz_env_copy(now, &mv->turn.before);
	vz_env_copy(&moved->after, &mv->turn.after);
	if (prepare_in_time(mv, err) < 0)
		return -1;
	if (!mv->what->dry_run && move(mv, err) < 0)
		return -1;
	vz_remap_release(&moved->remap);
	moved->remap = mv->turn.remap;
	mv->turn.remap = (struct vz_remap){0};
	return 0;
}

void vz_env_moved_release(struct vz_env_moved *m)
{
	vz_env_release(&m->before);
	vz_env_release(&m->after);
	vz_upper_plan_release(&m->changes);
	vz_remap_release(&m->remap);
}

int vz_env_move(struct vz_store *s, const struct vz_env_move *m, struct vz_env_moved *ret, struct vz_err *err)
{
	struct vz_env_moved moved = {0};
	struct move mv = { .store = s, .what = m, .moved = &moved, .turn = { .env = -1, .upper = -1, .old = -1 } };
	auto_fd int lock = vz_env_lock(s, m->name, &moved.before, &moved.remap, err);
	int rc;

	if (lock < 0)
		return -1;
	rc = (m->to ? go_on : go_back)(&mv, &moved.before, &moved.after, err);
	if (rc == 0 && moved.before.generation != moved.after.generation)
		rc = plan_and_move(&mv, lock, &moved.before, err);
	vz_turn_release(&mv.turn);
	vz_journal_release(&mv.undo);
	free(mv.left);
	if (rc < 0) {
		vz_env_moved_release(&moved);
		return vz_err_wrap(err, "environment '%s'", m->name);
	}
	*ret = moved;
	return 0;
}
