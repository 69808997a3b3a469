/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link/stale.h"

#include <dirent.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/path.h"
#include "link/mountinfo.h"
#include "link/quiesce.h"

#define MAX_MAPPINGS 65536       /* of one process: what the kernel allows unless told otherwise */

struct candidate {
	pid_t pid;
	bool root_in;            /* its root directory is in the environment's file system */
};

struct search {
	int root;
	struct stat st;          /* of it */
	struct vz_mounts ours;   /* what is mapped from there is no environment's: programs that are about to enter one */
	struct candidate *v;
	size_t n, cap;
};

/* Pid namespaces. Ours is none of them: it is the host's. */
struct spaces {
	ino_t *v;
	size_t n, cap;
};

static void search_release(struct search *s)
{
	vz_mounts_release(&s->ours);
	free(s->v);
}

/*
 * Whom to look at.
 */

/* 0: it has ended. */
static ino_t pid_namespace(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/ns/pid", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool is_root_in(const struct search *s, pid_t pid)
{
	struct vz_thread t = { .pid = pid, .tid = pid };

	vz_thread_look(&t, s->st.st_dev);
	return t.root_in;
}

static void add(struct search *s, pid_t pid, bool root_in)
{
	vz_grow(s->v, s->n, s->cap);
	s->v[s->n++] = (struct candidate){ pid, root_in };
}

static bool has_space(const struct spaces *spaces, ino_t space)
{
	for (size_t i = 0; i < spaces->n; i++)
		if (spaces->v[i] == space)
			return true;
	return false;
}

/* Those that have it for root; and the pid namespaces that they are in. */
static void find_inside(struct search *s, const struct vz_texts *names, struct spaces *ret)
{
	const ino_t own = pid_namespace(getpid());

	for (size_t i = 0; i < names->n; i++) {
		pid_t pid = (pid_t)atoi(names->v[i]);
		ino_t space = pid > 0 && is_root_in(s, pid) ? pid_namespace(pid) : 0;

		if (!space)
			continue;
		add(s, pid, true);
		if (space == own || has_space(ret, space))
			continue;
		vz_grow(ret->v, ret->n, ret->cap);
		ret->v[ret->n++] = space;
	}
}

static bool is_known(const struct search *s, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (s->v[i].pid == pid)
			return true;
	return false;
}

static int find_candidates(struct search *s, struct vz_err *err)
{
	auto_texts struct vz_texts names = {0};
	struct spaces spaces = {0};
	size_t n_inside;

	if (vz_list_dir(AT_FDCWD, "/proc", &names, err) < 0)
		return -1;
	find_inside(s, &names, &spaces);
	n_inside = s->n;
	for (size_t i = 0; spaces.n && i < names.n; i++) {
		pid_t pid = (pid_t)atoi(names.v[i]);

		if (pid > 0 && has_space(&spaces, pid_namespace(pid)) && !is_known(s, n_inside, pid))
			add(s, pid, false);
	}
	free(spaces.v);
	return 0;
}

/*
 * What one has mapped.
 */

struct mapping {
	char path[PATH_MAX];
	struct statx st;
	bool removed;            /* from its own version */
};

static bool is_attached(const struct vz_mounts *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].id == id)
			return true;
	return false;
}

/* A file of an overlay that is not where the process's root is: mount `present`, or 0. */
static bool read_mapping(const struct search *s, int maps, const char *name, uint64_t present, struct mapping *ret)
{
	static const char removed[] = " (deleted)";
	auto_fd int fd = openat(maps, name, O_PATH | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : readlinkat(maps, name, ret->path, sizeof ret->path - 1);
	struct statfs fs;

	if (n < 1 || *ret->path != '/' ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &ret->st) < 0 || !S_ISREG(ret->st.stx_mode))
		return false;
	if (ret->st.stx_mnt_id == present || is_attached(&s->ours, ret->st.stx_mnt_id) || fstatfs(fd, &fs) < 0 ||
	    fs.f_type != OVERLAYFS_SUPER_MAGIC)
		return false;
	ret->path[n] = 0;
	n -= (ssize_t)sizeof removed - 1;
	ret->removed = n > 0 && strcmp(ret->path + n, removed) == 0;
	if (ret->removed)
		ret->path[n] = 0;
	return true;
}

static bool is_replaced(const struct mapping *m, int view)
{
	struct vz_err unused;
	auto_fd int fd = vz_path_open(view, m->path, O_PATH | O_NOFOLLOW, 0, &unused);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return !m->removed && m->st.stx_nlink > 0;
	return !S_ISREG(st.st_mode) || (uint64_t)st.st_size != m->st.stx_size || st.st_mtim.tv_sec != m->st.stx_mtime.tv_sec ||
	       (uint32_t)st.st_mtim.tv_nsec != m->st.stx_mtime.tv_nsec;
}

/* The view of a process with the environment's root directory has what is mounted in it, too. */
static int open_view(const struct search *s, const struct candidate *c, uint64_t *ret_mount)
{
	auto_free char *path = vz_printf("/proc/%d/root", c->pid);
	auto_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statx st;
	struct stat root;

	*ret_mount = 0;
	if (!c->root_in || fd < 0 || fstat(fd, &root) < 0 || root.st_dev != s->st.st_dev)
		return fcntl(s->root, F_DUPFD_CLOEXEC, 0);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0)
		*ret_mount = st.stx_mnt_id;
	return root.st_ino == s->st.st_ino ? steal_fd(&fd) : fcntl(s->root, F_DUPFD_CLOEXEC, 0);
}

static void look_at(const struct search *s, const struct candidate *c, struct vz_texts *ret)
{
	auto_free char *path = vz_printf("/proc/%d/map_files", c->pid);
	auto_free struct mapping *m = vz_alloc(sizeof *m);
	uint64_t present;
	auto_fd int view = open_view(s, c, &present);
	DIR *maps = view < 0 ? NULL : opendir(path);
	struct dirent *e;

	for (unsigned i = 0; maps && i < MAX_MAPPINGS && (e = readdir(maps)); i++)
		if (read_mapping(s, dirfd(maps), e->d_name, present, m) && is_replaced(m, view))
			vz_texts_add(ret, m->path);
	if (maps)
		closedir(maps);
	/* a file has several mappings */
	vz_texts_sort(ret);
}

static int by_pid(const void *a, const void *b)
{
	const struct vz_stale *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

void vz_stale_release(struct vz_stale_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		vz_texts_release(&l->v[i].files);
	free(l->v);
	*l = (struct vz_stale_list){0};
}

int vz_stale_find(int root_fd, struct vz_stale_list *ret, struct vz_err *err)
{
	__attribute__((cleanup(search_release))) struct search s = { .root = root_fd };
	auto_fd int proc = vz_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0, err);
	struct vz_stale_list found = {0};

	if (proc < 0)
		return -1;
	if (fstat(root_fd, &s.st) < 0)
		return vz_err_sys(err, "stat the environment's root directory");
	if (vz_mounts_read(proc, &s.ours, err) < 0 || find_candidates(&s, err) < 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		struct vz_stale one = { .pid = s.v[i].pid };

		look_at(&s, &s.v[i], &one.files);
		if (!one.files.n)
			continue;
		vz_command_of(one.pid, one.command);
		vz_grow(found.v, found.n, found.cap);
		found.v[found.n++] = one;
	}
	if (found.n)
		qsort(found.v, found.n, sizeof *found.v, by_pid);
	*ret = found;
	return 0;
}
