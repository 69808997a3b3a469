/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env_undo.h"

#include <string.h>

#include "base/table.h"

struct undo {
	int env, upper;
	unsigned generation;             /* whose move is being taken back */
	struct vz_journal *j;
	size_t first;                    /* of our changes in it */
	struct vz_table last;            /* by path: number of its last change in `j`, + 1 */
	struct vz_table changed;         /* paths that are not for us */
};

/* Is what the move made still there, as it was seen last in our course? */
static int is_as_made(const struct undo *u, const struct vz_journal_change *made, const struct vz_journal_change *last,
		      struct vz_upper_seen *seen, bool *ret, struct vz_err *err)
{
	if (last) {
		auto_free char *slot = vz_journal_slot(last);

		*seen = (struct vz_upper_seen){ .there = last->ino, .ino = last->ino };
		return vz_upper_is(u->env, slot, &made->mark, ret, err);
	}
	if (vz_upper_look(u->upper, made->path, seen, err) < 0)
		return -1;
	*ret = made->made && made->ino && seen->there && seen->ino == made->ino &&
	       seen->changed.tv_sec == made->changed.tv_sec && seen->changed.tv_nsec == made->changed.tv_nsec;
	return *ret ? 0 : vz_upper_is(u->upper, made->path, &made->mark, ret, err);
}

/* Nothing was there when the move was made. If nothing is now, that is how it is given back. */
static int guard_again(struct undo *u, const struct vz_journal_change *made, struct vz_err *err)
{
	struct vz_upper_seen now;
	struct vz_journal_change *c;

	if (vz_table_has(&u->last, made->path) || vz_table_has(&u->changed, made->path))
		return 0;
	if (vz_upper_look(u->upper, made->path, &now, err) < 0)
		return -1;
	if (now.there)
		return 0;
	c = vz_journal_add(u->j, made->path);
	c->kind = VZ_UPPER_DROP;
	c->why = VZ_UPPER_GUARD;
	c->slot_of = u->generation;
	c->slot = made->slot;
	vz_table_put(&u->last, made->path, (void *)(uintptr_t)u->j->n);
	return 0;
}

static int take_back(struct undo *u, const struct vz_journal_change *made, struct vz_err *err)
{
	const size_t last = (size_t)(uintptr_t)vz_table_get(&u->last, made->path);
	struct vz_journal_change old = { .slot_of = u->generation, .slot = made->slot }, *c;
	auto_free char *slot = vz_journal_slot(&old);
	struct vz_upper_seen in_slot;
	bool same;

	if (!made->ino && !made->seen.there)
		return guard_again(u, made, err);
	if (vz_table_has(&u->changed, made->path))
		return 0;
	if (vz_upper_look(u->env, slot, &in_slot, err) < 0)
		return -1;
	if (in_slot.there != made->seen.there)
		return vz_err_set(err, VZ_DAMAGED, "what was at '%s' is missing in the undo record", made->path);
	if (is_as_made(u, made, last ? &u->j->changes[last - 1] : NULL, &old.seen, &same, err) < 0)
		return -1;
	if (!same) {
		vz_table_put(&u->changed, made->path, NULL);
		return 0;
	}
	c = vz_journal_add(u->j, made->path);
	c->kind = made->kind == VZ_UPPER_DIR ? VZ_UPPER_DIR : in_slot.there ? VZ_UPPER_PUT : VZ_UPPER_DROP;
	c->why = VZ_UPPER_BACK;
	c->slot_of = old.slot_of;
	c->slot = old.slot;
	c->ino = in_slot.ino;
	c->seen = old.seen;
	c->made = made->made;
	c->dir_before = made->dir_before;
	c->dir_after = made->dir_after;
	vz_table_put(&u->last, made->path, (void *)(uintptr_t)u->j->n);
	return 0;
}

static int take_back_move(struct undo *u, struct vz_err *err)
{
	auto_free char *dir = vz_journal_undo_dir(u->generation), *path = vz_printf("%s/journal", dir);
	auto_journal struct vz_journal made = {0};

	/* a move that changed nothing left none */
	if (vz_journal_read(u->env, path, &made, err) < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	if (made.to != u->generation)
		return vz_err_set(err, VZ_DAMAGED, "'%s' is of another generation", path);
	for (size_t i = made.n; i--;)
		if (take_back(u, &made.changes[i], err) < 0)
			return vz_err_wrap(err, "generation %u", u->generation);
	return 0;
}

/* Of a path that was changed at some time nothing is taken back. */
static void drop_changed(struct undo *u)
{
	struct vz_journal *j = u->j;
	size_t kept = u->first;

	for (size_t i = u->first; i < j->n; i++)
		if (vz_table_has(&u->changed, j->changes[i].path))
			free(j->changes[i].path);
		else
			j->changes[kept++] = j->changes[i];
	j->n = kept;
}

int vz_env_undo(int env, int upper, const unsigned *left, size_t n_left, struct vz_journal *j,
		struct vz_texts *ret_changed, struct vz_err *err)
{
	struct undo u = { .env = env, .upper = upper, .j = j, .first = j->n };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n_left; i++) {
		u.generation = left[i];
		rc = take_back_move(&u, err);
	}
	if (rc == 0) {
		drop_changed(&u);
		for (size_t i = 0; i < u.changed.n; i++)
			vz_texts_add(ret_changed, u.changed.items[i].key);
	}
	vz_table_release(&u.last);
	vz_table_release(&u.changed);
	return rc;
}
