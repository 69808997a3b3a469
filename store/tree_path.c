/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tree.h"

#include <string.h>

#define MAX_LINKS 40     /* as the kernel: MAXSYMLINKS */

/* The next component of `*path`, which moves behind it; 0 at the end. */
static size_t next_name(const char **path, const char **ret_name)
{
	size_t len;

	*path += strspn(*path, "/");
	*ret_name = *path;
	len = strcspn(*path, "/");
	*path += len;
	return len;
}

static bool is_dot(const char *name, size_t len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dots(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

struct vz_node *vz_tree_find(const struct vz_tree *t, const char *path)
{
	struct vz_node *n = t->root;
	const char *name;
	size_t len;

	while (n && (len = next_name(&path, &name)))
		if (!is_dot(name, len))
			n = vz_node_child(n, name, len);
	return n;
}

/* One component seen from the directory `at`. */
static struct vz_node *step(struct vz_node *at, const char *name, size_t len)
{
	if (is_dot(name, len))
		return at;
	if (is_dots(name, len))
		return at->parent ? at->parent : at;
	return vz_node_child(at, name, len);
}

static struct vz_node *resolve(const struct vz_tree *t, struct vz_node *at, const char *path, bool follow_last,
			       int *links);

/* Where `n` leads if it is a symbolic link; else `n`. */
static struct vz_node *follow(const struct vz_tree *t, struct vz_node *n, int *links)
{
	const struct vz_node *inode = vz_node_inode(n);

	if (!vz_node_is_symlink(inode))
		return n;
	if (!inode->payload || ++*links > MAX_LINKS)
		return NULL;
	return resolve(t, inode->payload[0] == '/' ? t->root : n->parent, inode->payload, true, links);
}

static struct vz_node *resolve(const struct vz_tree *t, struct vz_node *at, const char *path, bool follow_last,
			       int *links)
{
	const char *name;
	size_t len;

	while (at && (len = next_name(&path, &name))) {
		at = step(at, name, len);
		if (at && (follow_last || *path))
			at = follow(t, at, links);
		if (at && *path && !vz_node_is_dir(at))
			return NULL;
	}
	return at;
}

struct vz_node *vz_tree_lookup(const struct vz_tree *t, const char *path, bool follow_last)
{
	int links = 0;

	return resolve(t, t->root, path, follow_last, &links);
}

struct vz_node *vz_tree_parent(const struct vz_tree *t, const char *path, const char **ret_name)
{
	struct vz_node *dir = t->root;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	int links = 0;

	if (!vz_node_name_is_valid(name, strlen(name)))
		return NULL;
	if (slash) {
		auto_free char *parent = vz_strndup(path, (size_t)(slash - path));

		dir = resolve(t, dir, parent, true, &links);
	}
	if (!dir || !vz_node_is_dir(dir))
		return NULL;
	*ret_name = name;
	return dir;
}

static struct vz_node *make_dir(struct vz_node *at, const char *name, size_t len, uint32_t mode, int64_t mtime)
{
	char copy[256];
	struct vz_node *n;

	if (!vz_node_name_is_valid(name, len))
		return NULL;
	memcpy(copy, name, len);
	copy[len] = 0;
	n = vz_node_add(at, copy, S_IFDIR | (mode & 07777));
	n->mtime = mtime;
	return n;
}

struct vz_node *vz_tree_make_dirs(struct vz_tree *t, const char *path, uint32_t mode, int64_t mtime)
{
	struct vz_node *at = t->root, *next;
	const char *name;
	size_t len;
	int links = 0;

	while ((len = next_name(&path, &name))) {
		next = step(at, name, len);
		next = next ? follow(t, next, &links) : make_dir(at, name, len, mode, mtime);
		if (!next || !vz_node_is_dir(next))
			return NULL;
		at = next;
	}
	return at;
}
