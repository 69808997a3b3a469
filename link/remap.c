/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/remap.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "link/fs.h"
#include "link/mountinfo.h"
#include "link/quiesce.h"

#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x200
#endif

/* What is done in one namespace, by a thread that is in it. */
struct swap {
	int proc;                    /* /proc of the host */
	int ns, root;                /* the namespace, and the root directory of a process in it, or -1 */
	dev_t from;
	int to;                      /* a detached mount of the other file system */
	bool check;                  /* only look whether it can be done */
	unsigned mounts;
};

static int check_point(const struct swap *s, const char *path, bool is_dir, struct vz_err *err)
{
	auto_fd int fd = vz_path_open(s->to, path, O_PATH | O_NOFOLLOW, 0, err);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) == is_dir)
		return 0;
	vz_err_set(err, VZ_BUSY, "something is mounted on '%s', and the new version has no such %s", path,
		   is_dir ? "directory" : "file");
	return vz_err_hint(err, "unmount it inside first");
}

/* The mount itself, not what is mounted over it; -1 without an error if it is hidden. */
static int open_mount(const struct vz_mountinfo *m)
{
	auto_fd int fd = open(m->point, O_PATH | O_CLOEXEC);
	struct statx st;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 || st.stx_mnt_id != m->id)
		return -1;
	return steal_fd(&fd);
}

/* Moves what is mounted in `parent` from one root directory to the other; in the order of the list, or back. */
static int move_children(const struct vz_mounts *all, const struct vz_mountinfo *parent, int from, int to,
			 size_t *n_moved, struct vz_err *err)
{
	for (size_t i = *n_moved; i < all->n; i++, ++*n_moved) {
		const struct vz_mountinfo *m = &all->v[i];
		auto_fd int child = -1, point = -1;

		if (m->parent != parent->id || m->id == parent->id)
			continue;
		child = vz_path_open(from, m->point, O_PATH | O_NOFOLLOW, 0, err);
		point = child < 0 ? -1 : vz_path_open(to, m->point, O_PATH | O_NOFOLLOW, 0, err);
		if (point < 0 || vz_fs_attach(child, point, m->point, err) < 0)
			return -1;
	}
	return 0;
}

static void move_back(const struct vz_mounts *all, const struct vz_mountinfo *parent, int from, int to, size_t n)
{
	struct vz_mounts moved = { all->v, n, 0 };
	struct vz_err ignored;
	size_t start = 0;

	move_children(&moved, parent, from, to, &start, &ignored);
	if (fchdir(from) == 0)
		umount2(".", MNT_DETACH);
}

/* The new root is attached over the old one, which nothing looks at until it becomes the root. */
static int swap_root(const struct swap *s, const struct vz_mounts *all, const struct vz_mountinfo *m,
		     struct vz_err *err)
{
	auto_fd int old = open_mount(m), new = vz_fs_clone(s->to, "", err);
	size_t n_moved = 0;

	if (old < 0)
		return vz_err_set(err, VZ_FAILED, "the root directory of a process is hidden by another mount");
	if (new < 0)
		return -1;
	/* nothing can be moved out of a shared mount, nor can the root change to one */
	if (mount(NULL, "/", NULL, MS_PRIVATE, NULL) < 0)
		return vz_err_sys(err, "make mounts private");
	if (vz_fs_attach(new, old, "/", err) < 0)
		return -1;
	if (move_children(all, m, old, new, &n_moved, err) < 0 || vz_fs_pivot(new, err) < 0) {
		move_back(all, m, new, old, n_moved);
		return -1;
	}
	if (m->shared && mount(NULL, "/", NULL, MS_SHARED, NULL) < 0)
		return vz_err_sys(err, "make mounts shared again");
	return 0;
}

/* A mount of it somewhere else, with nothing mounted in it (check_mount()). */
static int swap_other(const struct swap *s, const struct vz_mounts *all, const struct vz_mountinfo *m,
		      struct vz_err *err)
{
	auto_fd int old = open_mount(m), new = -1, point = -1;
	bool beneath;

	if (old < 0)
		return 0;
	new = vz_fs_clone(s->to, m->root[1] ? m->root + 1 : "", err);
	if (new < 0)
		return -1;
	(void)all;
	/* Linux 6.5: at no time is nothing there */
	beneath = move_mount(new, "", old, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_BENEATH) == 0;
	if (umount2(m->point, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return vz_err_sys(err, "unmount '%s'", m->point);
	if (beneath)
		return 0;
	point = vz_open(AT_FDCWD, m->point, O_PATH | O_NOFOLLOW, 0, err);
	return point < 0 ? -1 : vz_fs_attach(new, point, m->point, err);
}

static int check_mount(const struct swap *s, const struct vz_mounts *all, const struct vz_mountinfo *m,
		       struct vz_err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct vz_mountinfo *child = &all->v[i];
		auto_fd int top = -1;
		struct stat st;

		if (child->parent != m->id || child->id == m->id)
			continue;
		top = open_mount(child);
		if (strcmp(m->point, "/") || top < 0) {
			vz_err_set(err, VZ_BUSY, "the mount at '%s' cannot be moved: it is %s", child->point,
				   top < 0 ? "below another one" : "in a copy of the environment's mount");
			return vz_err_hint(err, "unmount it first");
		}
		if (fstat(top, &st) == 0 && check_point(s, child->point, S_ISDIR(st.st_mode), err) < 0)
			return -1;
	}
	return 0;
}

static unsigned mount_id(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 ? 0 : (unsigned)st.stx_mnt_id;
}

/*
 * Somebody died between attaching a new root and taking the old one away: then
 * one is mounted over the other, and processes have the lower one for root.  What
 * was moved to the upper one, which we see as the root here, goes back.
 */
static int take_away_half_done(const struct swap *s, struct vz_err *err)
{
	for (;;) {
		auto_fd int top = vz_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0, err);
		auto_mounts struct vz_mounts all = {0};
		const struct vz_mountinfo *m = NULL;
		const unsigned below = mount_id(s->root), above = mount_id(top);
		size_t n_moved = 0;

		if (top < 0)
			return -1;
		if (!below || above == below)
			return 0;
		if (vz_mounts_read(s->proc, &all, err) < 0)
			return -1;
		for (size_t i = 0; i < all.n && !m; i++)
			m = all.v[i].id == above ? &all.v[i] : NULL;
		/* a process that changed its root to another mount by itself */
		if (!m || m->parent != below)
			return 0;
		if (mount(NULL, "/", NULL, MS_PRIVATE, NULL) < 0)
			return vz_err_sys(err, "make mounts private");
		if (move_children(&all, m, top, s->root, &n_moved, err) < 0)
			return -1;
		if (fchdir(top) < 0 || umount2(".", MNT_DETACH) < 0 || setns(s->ns, CLONE_NEWNS) < 0)
			return vz_err_sys(err, "take a root directory away that was attached half");
	}
}

static int swap_namespace(void *arg, struct vz_err *err)
{
	struct swap *s = arg;
	auto_mounts struct vz_mounts all = {0};

	if ((s->check && take_away_half_done(s, err) < 0) || vz_mounts_read(s->proc, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		const struct vz_mountinfo *m = &all.v[i];

		if (m->dev != s->from)
			continue;
		s->mounts++;
		if ((s->check ? check_mount : strcmp(m->point, "/") ? swap_other : swap_root)(s, &all, m, err) < 0)
			return -1;
	}
	return 0;
}

/* Mount namespaces that may show the file system; ours is the first. */
struct namespace {
	uint64_t id;
	int fd;
	int root;                /* root directory, a mount's own, of a process in it; -1: none is known */
};
struct namespaces {
	struct namespace *v;
	size_t n, cap;
};

static void namespaces_release(struct namespaces *a)
{
	for (size_t i = 0; i < a->n; i++) {
		close(a->v[i].fd);
		if (a->v[i].root >= 0)
			close(a->v[i].root);
	}
	free(a->v);
}

/* `of`: a directory of /proc */
static int add_namespace(struct namespaces *a, uint64_t id, const char *of, bool has_root, struct vz_err *err)
{
	auto_free char *ns = vz_printf("%s/ns/mnt", of), *root = vz_printf("%s/root", of);
	struct namespace *found = NULL;
	struct statx st;

	for (size_t i = 0; i < a->n && !found; i++)
		found = a->v[i].id == id ? &a->v[i] : NULL;
	if (!found) {
		vz_grow(a->v, a->n, a->cap);
		found = &a->v[a->n];
		*found = (struct namespace){ id, vz_open(AT_FDCWD, ns, O_RDONLY, 0, err), -1 };
		if (found->fd < 0)
			return -1;
		a->n++;
	}
	if (!has_root || found->root >= 0)
		return 0;
	found->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* one that is in a directory of its own does not tell of the namespace */
	if (found->root >= 0 && (statx(found->root, "", AT_EMPTY_PATH, 0, &st) < 0 ||
				 !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT)))
		close(steal_fd(&found->root));
	return 0;
}

static int find_namespaces(const struct vz_quiesce *q, struct namespaces *ret, struct vz_err *err)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return vz_err_sys(err, "stat '/proc/self/ns/mnt'");
	if (add_namespace(ret, st.st_ino, "/proc/self", false, err) < 0)
		return -1;
	for (size_t i = 0; i < q->n; i++) {
		const struct vz_thread *t = &q->threads[i];
		auto_free char *of = vz_printf("/proc/%d/task/%d", t->pid, t->tid);

		if (t->ns && add_namespace(ret, t->ns, of, t->root_in, err) < 0)
			return -1;
	}
	return 0;
}

/* In all namespaces, or, as far as it can be helped, in none. */
static int swap_all(const struct namespaces *a, size_t first, struct swap *s, int old_fd, dev_t new, struct vz_err *err)
{
	for (size_t i = first; i < a->n; i++) {
		struct swap undo = { .proc = s->proc, .from = new, .to = old_fd };
		struct vz_err ignored;

		s->ns = a->v[i].fd;
		s->root = a->v[i].root;
		if (vz_fs_in_namespace(s->ns, swap_namespace, s, err) == 0)
			continue;
		for (size_t done = 0; !s->check && old_fd >= 0 && done < i; done++)
			vz_fs_in_namespace(a->v[done].fd, swap_namespace, &undo, &ignored);
		return -1;
	}
	return 0;
}

static void add_left(struct vz_remap *r, pid_t pid, const char *why)
{
	struct vz_remap_left *l;

	for (size_t i = 0; i < r->n_left; i++)
		if (r->left[i].pid == pid)
			return;
	vz_grow(r->left, r->n_left, r->cap_left);
	l = &r->left[r->n_left++];
	*l = (struct vz_remap_left){ .pid = pid, .why = why };
	vz_command_of(pid, l->command);
}

/* Those whose root it was have the new one now, by pivot_root. */
static void move_processes(struct vz_quiesce *q, struct vz_remap *ret)
{
	pid_t last = 0;

	for (size_t i = 0; i < q->n; i++) {
		struct vz_thread *t = &q->threads[i];

		ret->processes += t->pid != last;
		last = t->pid;
		vz_thread_look(t, q->dev);
		if (t->cwd_in)
			vz_quiesce_move_cwd(t);
		vz_thread_look(t, q->dev);
		if (t->root_in)
			add_left(ret, t->pid, "its root directory is a directory of the old version");
		else if (t->cwd_in)
			add_left(ret, t->pid, t->why ? t->why : "its working directory is in the old version");
	}
}

/* In namespace `first` and those after it. */
static int remap(struct vz_quiesce *q, struct swap *s, size_t first, int old_fd, struct vz_remap *ret, struct vz_err *err)
{
	__attribute__((cleanup(namespaces_release))) struct namespaces a = {0};
	struct stat new;

	if (fstat(s->to, &new) < 0)
		return vz_err_sys(err, "stat the new version");
	if (find_namespaces(q, &a, err) < 0)
		return -1;
	s->check = true;
	if (swap_all(&a, first, s, old_fd, new.st_dev, err) < 0)
		return -1;
	s->check = false;
	s->mounts = 0;
	if (swap_all(&a, first, s, old_fd, new.st_dev, err) < 0)
		return -1;
	ret->namespaces = (unsigned)a.n - 1;
	ret->mounts = s->mounts;
	move_processes(q, ret);
	return 0;
}

void vz_remap_release(struct vz_remap *r)
{
	free(r->left);
	*r = (struct vz_remap){0};
}

int vz_remap(int old_fd, const struct vz_remap_target *to, struct vz_remap *ret, struct vz_err *err)
{
	auto_fd int proc = vz_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, err), new = -1;
	auto_quiesce struct vz_quiesce q = {0};
	struct swap s = { .proc = proc };
	struct stat old;
	int rc;

	if (proc < 0)
		return -1;
	if (fstat(old_fd, &old) < 0)
		return vz_err_sys(err, "stat the old version");
	s.from = old.st_dev;
	if (vz_quiesce_begin(s.from, &q, err) < 0)
		return -1;
	s.to = new = to->mount(to->ctx, err);
	rc = new < 0 ? -1 : remap(&q, &s, 0, old_fd, ret, err);
	if (new >= 0 && rc < 0 && to->undo) {
		close(steal_fd(&new));
		to->undo(to->ctx);
	}
	ret->paused_us = vz_quiesce_end(&q);
	return rc;
}

/* Of another file system, which has got the same device number since, nothing may be touched. */
static bool is_rest(const struct vz_thread *t, ino_t old_root, dev_t new)
{
	auto_free char *path = vz_printf("/proc/%d/task/%d/root", t->pid, t->tid);
	struct stat st;

	return stat(path, &st) == 0 && (t->root_in ? st.st_ino == old_root : st.st_dev == new);
}

int vz_remap_rest(dev_t old, ino_t old_root, int new_fd, struct vz_remap *ret, struct vz_err *err)
{
	auto_fd int proc = vz_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, err);
	auto_quiesce struct vz_quiesce q = {0};
	struct swap s = { .proc = proc, .from = old, .to = new_fd };
	struct stat new;

	if (proc < 0)
		return -1;
	if (fstat(new_fd, &new) < 0)
		return vz_err_sys(err, "stat the new version");
	if (new.st_dev == old)
		return 0;
	if (vz_quiesce_begin(old, &q, err) < 0)
		return -1;
	for (size_t i = 0; i < q.n; i++)
		if (!is_rest(&q.threads[i], old_root, new.st_dev))
			return 0;
	/* ours is the first, and was done first */
	return q.n ? remap(&q, &s, 1, -1, ret, err) : 0;
}
