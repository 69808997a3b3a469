/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"

struct vz_apply_step {
	bool done;
	struct timespec dir_before, dir_after;   /* st_mtim */
};

void vz_apply_init(struct vz_apply *a, struct vz_journal *journal, int env, int upper)
{
	*a = (struct vz_apply){ .journal = journal, .env = env, .upper = upper };
	a->steps = vz_alloc((journal->n + 1) * sizeof *a->steps);
}

void vz_apply_release(struct vz_apply *a)
{
	for (size_t i = 0; i < a->dirs.n; i++)
		if (a->dirs.items[i].value)
			close((int)(intptr_t)a->dirs.items[i].value - 1);
	vz_table_release(&a->dirs);
	free(a->steps);
	*a = (struct vz_apply){0};
}

static int differs(const struct vz_journal_change *c, struct vz_err *err)
{
	return vz_err_set(err, VZ_DIFFERS, "'%s' has changed meanwhile", c->path);
}

/* The directory that a path is in; VZ_NOTFOUND. */
static int dir_of(struct vz_apply *a, const struct vz_journal_change *c, struct vz_err *err)
{
	auto_free char *dir = vz_strndup(c->path, (size_t)(strrchr(c->path, '/') - c->path));
	void *known = vz_table_get(&a->dirs, dir);
	int fd;

	if (known)
		return (int)(intptr_t)known - 1;
	fd = vz_path_open_beneath(a->upper, dir, O_RDONLY | O_DIRECTORY, err);
	if (fd >= 0)
		vz_table_put(&a->dirs, dir, (void *)((intptr_t)fd + 1));
	return fd;
}

/* Something else is at `path` now. */
static void forget(struct vz_apply *a, const char *path)
{
	const size_t len = strlen(path);

	for (size_t i = 0; i < a->dirs.n; i++) {
		struct vz_table_item *dir = &a->dirs.items[i];

		if (!dir->value || strncmp(dir->key, path, len) != 0 || (dir->key[len] && dir->key[len] != '/'))
			continue;
		close((int)(intptr_t)dir->value - 1);
		dir->value = NULL;
	}
}

static uint64_t ino_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_ino;
}

static uint64_t ino_in_slot(const struct vz_apply *a, const struct vz_journal_change *c)
{
	auto_free char *slot = vz_journal_slot(c);

	return ino_at(a->env, slot);
}

int vz_apply_check(struct vz_apply *a, struct vz_err *err)
{
	const struct vz_journal *j = a->journal;
	auto_table struct vz_table before = {0};

	for (size_t i = 0; i < j->n; i++) {
		const struct vz_journal_change *c = &j->changes[i];
		struct vz_upper_seen now;

		/* of several changes in one place only the first meets what was there */
		if (vz_table_has(&before, c->path))
			continue;
		vz_table_put(&before, c->path, NULL);
		if (ino_in_slot(a, c) != c->ino)
			continue;
		if (vz_upper_look(a->upper, c->path, &now, err) < 0)
			return -1;
		if (!vz_upper_seen_same(&now, &c->seen))
			return differs(c, err);
	}
	return 0;
}

/*
 * One change.
 */

static bool is_empty(const struct vz_apply *a, const struct vz_journal_change *c)
{
	auto_free char *slot = vz_journal_slot(c);
	int fd = openat(a->env, slot, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool empty = d;
	struct dirent *e;

	while (empty && (e = readdir(d)))
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return empty;
}

static struct timespec mtime_of(int dir)
{
	struct stat st = {0};

	fstat(dir, &st);
	return st.st_mtim;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void set_mtime(int dir, const struct timespec *to)
{
	futimens(dir, (const struct timespec[]){ { 0, UTIME_OMIT }, *to });
}

/* There and back is the same: what is in the slot and what is at the path change places. */
static int swap(struct vz_apply *a, const struct vz_journal_change *c, bool slot_full, int dir, bool dir_full)
{
	auto_free char *slot = vz_journal_slot(c);
	const char *name = strrchr(c->path, '/') + 1;
	int rc;

	if (slot_full)
		rc = renameat2(a->env, slot, dir, name, dir_full ? RENAME_EXCHANGE : RENAME_NOREPLACE);
	else
		rc = renameat2(dir, name, a->env, slot, RENAME_NOREPLACE);
	if (rc == 0)
		forget(a, c->path);
	return rc;
}

static int cannot(const struct vz_journal_change *c, struct vz_err *err)
{
	int failed = errno;

	if (failed == ENOENT || failed == EEXIST || failed == ENOTDIR)
		return differs(c, err);
	vz_err_sys(err, "replace '%s'", c->path);
	return failed == EPERM ? vz_err_hint(err, "is it immutable? See 'lsattr' inside") : -1;
}

/* The time of a directory goes back with what is in it, if nobody else has changed it since. */
static void note_times(struct vz_apply *a, size_t i, int dir)
{
	struct vz_journal_change *c = &a->journal->changes[i];
	struct vz_apply_step *step = &a->steps[i];
	struct stat st = {0};

	if (a->journal->back && c->made && same_time(&step->dir_before, &c->dir_after))
		set_mtime(dir, &c->dir_before);
	step->dir_after = mtime_of(dir);
	step->done = true;
	if (a->journal->back)
		return;
	fstatat(dir, strrchr(c->path, '/') + 1, &st, AT_SYMLINK_NOFOLLOW);
	c->made = true;
	c->changed = st.st_ctim;
	c->dir_before = step->dir_before;
	c->dir_after = step->dir_after;
}

static void swap_back(struct vz_apply *a, size_t i, int dir, bool slot_full)
{
	const struct vz_journal_change *c = &a->journal->changes[i];

	swap(a, c, slot_full, dir, c->ino);
	set_mtime(dir, &a->steps[i].dir_before);
}

static int make_change(struct vz_apply *a, size_t i, struct vz_err *err)
{
	const struct vz_journal_change *c = &a->journal->changes[i];
	uint64_t in_slot = ino_in_slot(a, c);
	int dir;

	if (in_slot != c->ino || (!c->ino && !c->seen.there))
		return 0;
	dir = dir_of(a, c, err);
	if (dir < 0)
		return err->code == VZ_NOTFOUND ? differs(c, err) : -1;
	a->steps[i].dir_before = mtime_of(dir);
	if (swap(a, c, c->ino, dir, c->seen.there) < 0)
		return cannot(c, err);
	in_slot = ino_in_slot(a, c);
	if (in_slot != (c->seen.there ? c->seen.ino : 0)) {
		swap_back(a, i, dir, in_slot);
		return differs(c, err);
	}
	/* a directory that a move had made goes with it, unless somebody uses it */
	if (c->kind == VZ_UPPER_DIR && !c->ino && !is_empty(a, c))
		swap_back(a, i, dir, true);
	else
		note_times(a, i, dir);
	return 0;
}

static int take_back(struct vz_apply *a, size_t i, struct vz_err *err)
{
	const struct vz_journal_change *c = &a->journal->changes[i];
	struct vz_apply_step *step = &a->steps[i];
	const uint64_t in_slot = ino_in_slot(a, c);
	struct timespec now;
	int dir;

	if (in_slot == c->ino)
		return 0;
	dir = dir_of(a, c, err);
	if (dir < 0)
		return err->code == VZ_NOTFOUND ? 0 : -1;
	if (ino_at(dir, strrchr(c->path, '/') + 1) != c->ino)
		return 0;
	now = mtime_of(dir);
	if (swap(a, c, in_slot, dir, c->ino) < 0)
		return cannot(c, err);
	if (step->done && same_time(&now, &step->dir_after))
		set_mtime(dir, &step->dir_before);
	step->done = false;
	return 0;
}

/*
 * All of them.
 */

/* Is what we worked in still what the paths lead to? */
static int check_dirs(struct vz_apply *a, struct vz_err *err)
{
	for (size_t i = 0; i < a->dirs.n; i++) {
		const char *path = a->dirs.items[i].key;
		struct vz_upper_seen now;
		struct stat st;

		if (!a->dirs.items[i].value)
			continue;
		if (fstat((int)(intptr_t)a->dirs.items[i].value - 1, &st) < 0)
			return vz_err_sys(err, "stat '%s'", path);
		if (vz_upper_look(a->upper, path, &now, err) < 0)
			return -1;
		if (now.ino != st.st_ino)
			return vz_err_set(err, VZ_DIFFERS, "directory '%s' has been moved meanwhile", path);
	}
	return 0;
}

int vz_apply_back(struct vz_apply *a, struct vz_err *err)
{
	for (size_t i = a->journal->n; i--;)
		if (take_back(a, i, err) < 0) {
			a->stuck = true;
			return -1;
		}
	return 0;
}

int vz_apply_changes(struct vz_apply *a, struct vz_err *err)
{
	struct vz_err unused;

	for (size_t i = 0; i < a->journal->n; i++)
		if (make_change(a, i, err) < 0) {
			vz_apply_back(a, &unused);
			return -1;
		}
	if (check_dirs(a, err) < 0) {
		vz_apply_back(a, &unused);
		return -1;
	}
	return 0;
}
