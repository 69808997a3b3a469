/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/env_turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "link/env_mount.h"
#include "link/env_record.h"

int vz_turn_open(struct vz_store *s, const char *name, int lock, struct vz_turn *ret, struct vz_err *err)
{
	auto_turn struct vz_turn t = { .store = s, .lock = lock, .env = -1, .upper = -1, .old = -1 };
	auto_free char *path = vz_printf("envs/%s", name);

	t.env = vz_open_dir(vz_store_fd(s), path, err);
	if (t.env < 0)
		return -1;
	t.upper = vz_open_dir(t.env, "upper", err);
	if (t.upper < 0 && err->code != VZ_NOTFOUND)
		return -1;
	if (vz_env_find_mount(s, name, lock, &t.old, err) < 0)
		return -1;
	*ret = t;
	t = (struct vz_turn){ .env = -1, .upper = -1, .old = -1 };
	return 0;
}

void vz_turn_release(struct vz_turn *t)
{
	const int fds[] = { t->env, t->upper, t->old };

	vz_apply_release(&t->apply);
	vz_journal_release(&t->journal);
	vz_remap_release(&t->remap);
	vz_env_release(&t->before);
	vz_env_release(&t->after);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*t = (struct vz_turn){ .env = -1, .upper = -1, .old = -1 };
}

/* Out of sight by one rename, then bit by bit. */
static int discard(const struct vz_turn *t, const char *path, struct vz_err *err)
{
	if (vz_remove_tree(t->env, "gone", err) < 0)
		return -1;
	if (renameat(t->env, path, t->env, "gone") < 0)
		return errno == ENOENT ? 0 : vz_err_sys(err, "remove '%s'", path);
	return vz_remove_tree(t->env, "gone", err);
}

int vz_turn_forget(const struct vz_turn *t, unsigned generation, struct vz_err *err)
{
	auto_free char *path = vz_journal_undo_dir(generation);

	return discard(t, path, err);
}

/*
 * Writing.
 */

int vz_turn_begin(const struct vz_turn *t, struct vz_err *err)
{
	if (vz_remove_tree(t->env, "moving.new", err) < 0)
		return -1;
	return mkdirat(t->env, "moving.new", 0700) < 0 ? vz_err_sys(err, "make directory 'moving.new'") : 0;
}

static int write_text(const struct vz_turn *t, const char *path, const struct vz_buf *text, struct vz_err *err)
{
	auto_fd int fd = vz_open(t->env, path, O_WRONLY | O_CREAT | O_EXCL, 0600, err);

	if (fd < 0)
		return -1;
	return vz_write_fd(fd, text->data, text->len, err) < 0 ? vz_err_wrap(err, "'%s'", path) : 0;
}

static char *read_boot(void)
{
	auto_buf struct vz_buf text = {0};
	struct vz_err unused;

	if (vz_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 128, &text, &unused) < 0)
		return NULL;
	text.data[strcspn(text.data, "\n")] = 0;
	return vz_buf_steal(&text);
}

int vz_turn_write(struct vz_turn *t, struct vz_err *err)
{
	auto_buf struct vz_buf journal = {0}, before = {0}, after = {0};
	struct vz_err unused;
	struct stat old;

	if (t->old >= 0 && fstat(t->old, &old) == 0) {
		t->journal.boot = read_boot();
		t->journal.device = old.st_dev;
	}
	if (vz_journal_format(&t->journal, &journal, err) < 0 || vz_env_format(&t->before, &before, err) < 0 ||
	    vz_env_format(&t->after, &after, err) < 0)
		return -1;
	if (write_text(t, "moving.new/journal", &journal, err) < 0 || write_text(t, "moving.new/before", &before, err) < 0 ||
	    write_text(t, "moving.new/after", &after, err) < 0)
		return -1;
	if (renameat2(t->env, "moving.new", t->env, "moving", RENAME_EXCHANGE) == 0)
		vz_remove_tree(t->env, "moving.new", &unused);
	else if (renameat2(t->env, "moving.new", t->env, "moving", RENAME_NOREPLACE) < 0)
		return vz_err_sys(err, "rename to 'moving'");
	return vz_store_sync(t->store, err);
}

static int make_current(const struct vz_turn *t, const char *record, struct vz_err *err)
{
	if (renameat(t->env, record, t->env, "env.json") < 0)
		return vz_err_sys(err, "make '%s' the record", record);
	return vz_fsync(t->env, "env.json", err);
}

int vz_turn_commit(const struct vz_turn *t, struct vz_err *err)
{
	return make_current(t, "moving/after", err);
}

/*
 * Following.
 */

static int change(struct vz_turn *t, struct vz_err *err)
{
	int rc;

	vz_apply_release(&t->apply);
	vz_apply_init(&t->apply, &t->journal, t->env, t->upper);
	rc = vz_apply_check(&t->apply, err);
	if (rc < 0 && err->code == VZ_DIFFERS && t->renew) {
		rc = t->renew(t->ctx, err);
		vz_apply_release(&t->apply);
		vz_apply_init(&t->apply, &t->journal, t->env, t->upper);
		if (rc == 0)
			rc = vz_apply_check(&t->apply, err);
	}
	return rc < 0 ? -1 : vz_apply_changes(&t->apply, err);
}

static void undo(void *ctx)
{
	struct vz_turn *t = ctx;
	struct vz_err unused;

	vz_apply_back(&t->apply, &unused);
}

static int change_and_mount(void *ctx, struct vz_err *err)
{
	struct vz_turn *t = ctx;
	int fd;

	if (change(t, err) < 0)
		return -1;
	fd = vz_env_mount_new(t->store, &t->after, err);
	if (fd < 0)
		undo(t);
	return fd;
}

int vz_turn_follow(struct vz_turn *t, struct vz_err *err)
{
	const struct vz_remap_target target = { change_and_mount, undo, t };

	vz_remap_release(&t->remap);
	if (t->old >= 0)
		return vz_remap(t->old, &target, &t->remap, err);
	/* commands that have ended may still be unmounting */
	return vz_env_lock_mount(t->lock, VZ_LOCK_EXCLUSIVE, err) < 0 ? -1 : change(t, err);
}

/*
 * Ending.
 */

/* The moves that were taken back have nothing left to give. */
static int forget_left(const struct vz_turn *t, struct vz_err *err)
{
	size_t n = 0;
	auto_free unsigned *left = vz_env_ancestors(t->store, &t->before, &n);

	if (vz_turn_forget(t, t->before.generation, err) < 0)
		return -1;
	for (size_t i = 0; i < n && left[i] != t->after.generation; i++)
		if (vz_turn_forget(t, left[i], err) < 0)
			return -1;
	return 0;
}

static int keep_undo(struct vz_turn *t, struct vz_err *err)
{
	auto_free char *dir = vz_journal_undo_dir(t->after.generation);
	auto_free char *before = vz_printf("%s/before", dir), *after = vz_printf("%s/after", dir);
	auto_buf struct vz_buf text = {0};
	struct vz_err unused;

	/* with the times of what was made; without them it is told by its content */
	if (vz_journal_format(&t->journal, &text, &unused) == 0)
		vz_write_file(t->env, "moving/journal", text.data, text.len, 0600, &unused);
	if (vz_turn_forget(t, t->after.generation, err) < 0)
		return -1;
	if (renameat(t->env, "moving", t->env, dir) < 0)
		return vz_err_sys(err, "rename to '%s'", dir);
	unlinkat(t->env, before, 0);
	unlinkat(t->env, after, 0);
	return 0;
}

int vz_turn_finish(struct vz_turn *t, struct vz_err *err)
{
	if (t->journal.n && !t->journal.back)
		return keep_undo(t, err);
	if (discard(t, "moving", err) < 0)
		return -1;
	return t->journal.back ? forget_left(t, err) : 0;
}

int vz_turn_back(struct vz_turn *t, struct vz_err *err)
{
	if (t->apply.stuck)
		return vz_err_set(err, VZ_FAILED, "not all that was changed could be taken back");
	/* needs no room on the disk; but it is gone if somebody was here before and died */
	if (make_current(t, "moving/before", err) < 0 && vz_env_write(t->store, &t->before, err) < 0)
		return -1;
	return discard(t, "moving", err);
}

/*
 * What somebody left half done.
 */

/* Who died may have come to some namespaces and not to others. */
static void follow_rest(const struct vz_turn *t)
{
	auto_free char *boot = read_boot();
	auto_remap struct vz_remap rest = {0};
	auto_fd int new = -1;
	struct vz_err unused;
	struct stat upper;

	if (t->old < 0 || !t->journal.boot || !boot || strcmp(boot, t->journal.boot) != 0)
		return;
	/* overlayfs gives its root directory the number of the upper's */
	if (vz_env_find_mount(t->store, t->after.name, t->lock, &new, &unused) == 0 && new >= 0 &&
	    fstat(t->upper, &upper) == 0)
		vz_remap_rest(t->journal.device, upper.st_ino, new, &rest, &unused);
}

static int end_turn(struct vz_turn *t, unsigned is, struct vz_err *err)
{
	struct vz_err unused;

	vz_apply_init(&t->apply, &t->journal, t->env, t->upper);
	if (is == t->journal.from)
		return vz_apply_back(&t->apply, err) < 0 ? -1 : vz_turn_back(t, err);
	if (is != t->journal.to)
		return vz_err_set(err, VZ_DAMAGED, "a move from generation %u to %u is half done, and the record is of %u",
				  t->journal.from, t->journal.to, is);
	/* where somebody changed what was left to be changed, what was done is taken back */
	if (vz_turn_follow(t, &unused) < 0)
		return vz_apply_back(&t->apply, err) < 0 ? -1 : vz_turn_back(t, err);
	follow_rest(t);
	return vz_turn_finish(t, err);
}

static int settle(struct vz_store *s, const char *name, int lock, struct vz_remap *ret_remap, struct vz_err *err)
{
	auto_turn struct vz_turn t = { .env = -1, .upper = -1, .old = -1 };
	auto_free char *moving = vz_printf("envs/%s/moving", name), *new = vz_printf("%s.new", moving);
	auto_free char *gone = vz_printf("envs/%s/gone", name);
	unsigned is;

	if (vz_remove_tree(vz_store_fd(s), new, err) < 0 || vz_remove_tree(vz_store_fd(s), gone, err) < 0)
		return -1;
	if (faccessat(vz_store_fd(s), moving, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (vz_turn_open(s, name, lock, &t, err) < 0 || vz_journal_read(t.env, "moving/journal", &t.journal, err) < 0 ||
	    vz_env_read(s, name, &t.after, err) < 0)
		return -1;
	is = t.after.generation;
	if (vz_env_generation(s, name, t.journal.from, &t.before, err) < 0 || end_turn(&t, is, err) < 0)
		return -1;
	if (ret_remap) {
		*ret_remap = t.remap;
		t.remap = (struct vz_remap){0};
	}
	return 0;
}

int vz_env_lock(struct vz_store *s, const char *name, struct vz_env *ret, struct vz_remap *ret_remap, struct vz_err *err)
{
	auto_fd int lock = -1;

	/* no lock is made for what is not there */
	if (vz_env_read(s, name, ret, err) < 0)
		return -1;
	vz_env_release(ret);
	lock = vz_store_lock(s, "env", name, true, err);
	if (lock < 0)
		return -1;
	if (settle(s, name, lock, ret_remap, err) < 0)
		return vz_err_wrap(err, "environment '%s'", name);
	return vz_env_read(s, name, ret, err) < 0 ? -1 : steal_fd(&lock);
}
