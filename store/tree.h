/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file tree in memory: the currency of the whole program.
 *
 * Ingest makes trees, compose merges them, capture turns a directory into one,
 * a manifest stores one, an image is one written out.  A tree says everything
 * about its files but the bytes of those larger than VZ_INLINE_MAX, which
 * objects hold under the fs-verity digest that the node carries.
 *
 * A node is one name.  Children are kept sorted in byte order of their names,
 * always.  A hard link is a node whose `link` points at the node that holds
 * the inode (never at another link): ask vz_node_inode().  What belongs to the
 * inode (mode … xattrs) counts there only.
 *
 * A tree owns its nodes and all their strings.  The root always exists, and is
 * a directory without a name.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/err.h"

#define VZ_INLINE_MAX 64    /* contents up to this size stand in the node, as composefs does */

struct vz_xattr {
	char *key;               /* full name, "user.x" */
	char *value;
	uint32_t len;
};

struct vz_node {
	struct vz_node *parent;  /* NULL: the root */
	char *name;              /* "" for the root */
	uint32_t mode;           /* as st_mode, type included */
	uint32_t nlink;          /* as written to an image; 1 unless a dump says otherwise. Directories: ignored */
	uint32_t uid, gid;
	uint32_t rdev;           /* char and block devices, as in the image */
	uint32_t owner;          /* free for whoever walks the tree; compose: index of the package. Not stored */
	uint64_t size;           /* regular files */
	int64_t mtime;           /* seconds */
	uint32_t mtime_nsec;
	bool has_digest;
	struct vz_digest digest; /* regular files with content in an object */
	char *payload;           /* symlink: target. Regular: object path "ab/cdef…", or NULL for none */
	char *content;           /* regular: inline content of `size` bytes, or NULL */
	struct vz_xattr *xattrs; /* sorted by key */
	size_t n_xattrs;
	struct vz_node *link;    /* hard link to this node's inode, or NULL */
	struct vz_node **children;
	size_t n_children, cap_children;
};

struct vz_tree {
	struct vz_node *root;
};

struct vz_tree *vz_tree_new(void);                 /* root: 0755, uid 0, gid 0, mtime 0 */
void vz_tree_free(struct vz_tree *t);
VZ_AUTO(struct vz_tree, vz_tree_free)
#define auto_tree VZ_CLEANUP(vz_tree_free)
struct vz_tree *vz_tree_copy(const struct vz_tree *t);   /* deep; links point within the copy */

static inline struct vz_node *vz_node_inode(const struct vz_node *n)
{
	return n->link ? n->link : (struct vz_node *)n;
}
static inline bool vz_node_is_dir(const struct vz_node *n) { return (n->mode & S_IFMT) == S_IFDIR; }
static inline bool vz_node_is_file(const struct vz_node *n) { return (n->mode & S_IFMT) == S_IFREG; }
static inline bool vz_node_is_symlink(const struct vz_node *n) { return (n->mode & S_IFMT) == S_IFLNK; }

/* The child called `name` (`len` bytes), or NULL. */
struct vz_node *vz_node_child(const struct vz_node *dir, const char *name, size_t len);
/* Adds an empty child; the name must not exist and be valid (asserted). */
struct vz_node *vz_node_add(struct vz_node *dir, const char *name, uint32_t mode);
/* Takes `n` with all below it out of the tree and frees it. Hard links elsewhere
 * to an inode in it: the first of them in tree order becomes the inode. */
void vz_tree_remove(struct vz_tree *t, struct vz_node *n);
/* Moves `n` into `dir` as `name`, replacing nothing (asserted). */
void vz_node_move(struct vz_node *n, struct vz_node *dir, const char *name);

/* The node at `path`, exactly: no symbolic link is followed. NULL if absent. */
struct vz_node *vz_tree_find(const struct vz_tree *t, const char *path);
/* The same as a process whose root this is would see it: links are followed in
 * all components but the last; `follow_last` also there. At most 40 links. */
struct vz_node *vz_tree_lookup(const struct vz_tree *t, const char *path, bool follow_last);
/* Where `path` would be made: the (resolved) parent directory and the last
 * component within `path`. NULL if the parent is absent or not a directory. */
struct vz_node *vz_tree_parent(const struct vz_tree *t, const char *path, const char **ret_name);
/* Like mkdir -p: missing directories get `mode`, uid 0, gid 0 and `mtime`. NULL if something
 * on the way is not a directory. Follows links. */
struct vz_node *vz_tree_make_dirs(struct vz_tree *t, const char *path, uint32_t mode, int64_t mtime);
/* "/a/b" of a node, "/" for the root. To be freed. */
char *vz_node_path(const struct vz_node *n);

/* Attributes. */
void vz_node_set_content(struct vz_node *n, const void *data, size_t len);   /* inline; clears digest */
void vz_node_set_object(struct vz_node *n, const struct vz_digest *d, uint64_t size);  /* payload "ab/cdef…" too */
void vz_node_set_symlink(struct vz_node *n, const char *target);
void vz_node_set_xattr(struct vz_node *n, const char *key, const void *value, size_t len);
const struct vz_xattr *vz_node_xattr(const struct vz_node *n, const char *key);
void vz_node_remove_xattr(struct vz_node *n, const char *key);
/* Copies what belongs to the inode (not name, children, link) from `from`. */
void vz_node_copy_inode(struct vz_node *n, const struct vz_node *from);
/* Same type, mode, ids, content and xattrs; times count only if asked. */
bool vz_node_same(const struct vz_node *a, const struct vz_node *b, bool times);

/* Calls `visit` for each node below and including `n`, parents first, children
 * in byte order. A non-zero return ends the walk and is returned. */
int vz_node_walk(struct vz_node *n, int (*visit)(struct vz_node *n, void *ctx), void *ctx);

struct vz_tree_stats {
	uint64_t files;          /* every name but the root */
	uint64_t bytes;          /* sum of regular inodes' sizes */
};
void vz_tree_stats(const struct vz_tree *t, struct vz_tree_stats *ret);

#endif
