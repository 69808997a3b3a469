/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/proc.h"
#include "builder/inode.h"
#include "builder/overlay.h"

#define DEPTH_LIMIT 512          /* directories within directories; a level costs a descriptor and some stack */

/* A name seen of an inode that has several. */
struct name {
	dev_t dev;
	ino_t ino;
	struct vz_node *node;
};

struct names {
	struct name *slots;      /* open addressing; a power of two; a slot without node is free */
	size_t n, cap;
};

struct reader {
	struct vz_capture *c;
	struct names names;
	unsigned depth;
};

static struct name *find_slot(const struct names *names, const struct stat *st)
{
	size_t i = (size_t)(st->st_ino * 0x9e3779b97f4a7c15u >> 20) & (names->cap - 1);

	while (names->slots[i].node && (names->slots[i].ino != st->st_ino || names->slots[i].dev != st->st_dev))
		i = (i + 1) & (names->cap - 1);
	return &names->slots[i];
}

static void grow_names(struct names *names)
{
	struct names old = *names;

	names->cap = old.cap ? 2 * old.cap : 64;
	names->slots = vz_alloc(names->cap * sizeof *names->slots);
	for (size_t i = 0; i < old.cap; i++) {
		struct stat st = { .st_dev = old.slots[i].dev, .st_ino = old.slots[i].ino };

		if (old.slots[i].node)
			*find_slot(names, &st) = old.slots[i];
	}
	free(old.slots);
}

/* True if `n` is one more name of an inode that is in the tree already, and then a link to it. */
static bool is_known_inode(struct reader *r, struct vz_node *n, const struct stat *st)
{
	struct name *slot;

	if (st->st_nlink < 2)
		return false;
	if (2 * r->names.n >= r->names.cap)
		grow_names(&r->names);
	slot = find_slot(&r->names, st);
	if (slot->node) {
		vz_node_set_link(n, slot->node);
		return true;
	}
	*slot = (struct name){ st->st_dev, st->st_ino, n };
	r->names.n++;
	return false;
}

/* All but the content. */
static int read_inode(const struct reader *r, int fd, const struct stat *st, struct vz_node *n, struct vz_err *err)
{
	if (vz_inode_read(fd, st, n, err) < 0)
		return -1;
	if (n->mtime >= r->c->date) {
		n->mtime = r->c->date;
		n->mtime_nsec = 0;
	}
	return 0;
}

static int read_file(struct reader *r, int dir, struct vz_node *n, struct vz_err *err)
{
	struct stat st;
	auto_fd int fd = vz_path_open_entry(dir, n->name, &st, err);

	if (fd < 0)
		return -1;
	if (is_known_inode(r, n, &st))
		return 0;
	if (read_inode(r, fd, &st, n, err) < 0)
		return -1;
	if (vz_node_xattr(n, VZ_OVERLAY_MARK "metacopy"))
		return 0;
	return vz_inode_read_content(r->c->store, fd, n, &r->c->new_bytes, err);
}

static int read_dir(struct reader *r, int fd, struct vz_node *dir, struct vz_err *err);

static int read_entry(struct reader *r, int dir_fd, const char *name, struct vz_node *dir, struct vz_err *err)
{
	auto_fd int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct vz_node *n;
	struct stat st;
	int sub;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return vz_err_sys(err, "open '%s'", name);
	if (S_ISSOCK(st.st_mode))
		return 0;
	n = vz_node_add(dir, name, st.st_mode);
	if (S_ISREG(st.st_mode))
		return read_file(r, dir_fd, n, err);
	if (!S_ISDIR(st.st_mode))
		return is_known_inode(r, n, &st) ? 0 : read_inode(r, fd, &st, n, err);
	close(steal_fd(&fd));        /* one descriptor a level is enough */
	sub = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return sub < 0 ? vz_err_sys(err, "open '%s'", name) : read_dir(r, sub, n, err);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Takes `fd`. */
static int read_dir(struct reader *r, int fd, struct vz_node *dir, struct vz_err *err)
{
	__attribute__((cleanup(close_dir))) DIR *d = fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!d) {
		vz_err_sys(err, "read directory '%s'", dir->name);
		close(fd);
		return -1;
	}
	if (r->depth == DEPTH_LIMIT)
		return vz_err_set(err, VZ_FAILED, "directories are nested deeper than %d", DEPTH_LIMIT);
	if (fstat(fd, &st) < 0)
		return vz_err_sys(err, "read directory '%s'", dir->name);
	if (read_inode(r, fd, &st, dir, err) < 0 || vz_interrupted(err) < 0)
		return -1;
	r->depth++;
	while ((errno = 0, e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    read_entry(r, fd, e->d_name, dir, err) < 0)
			return -1;
	r->depth--;
	return errno ? vz_err_sys(err, "read directory '%s'", dir->name) : 0;
}

int vz_capture(struct vz_capture *c, struct vz_tree *t, struct vz_err *err)
{
	auto_tree struct vz_tree *upper = vz_tree_new();
	struct reader r = { .c = c };
	int fd = openat(c->upper_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return vz_err_sys(err, "open the private area");
	rc = read_dir(&r, fd, upper->root, err);
	free(r.names.slots);
	return rc < 0 ? -1 : vz_overlay_apply(t, upper, err);
}
