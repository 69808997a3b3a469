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
 * A tree owns its nodes and all their strings, in one arena that is freed as a
 * whole: a string or an array of a node is set with the functions below, never
 * with malloc, and never freed by hand.  Plain numbers are set directly.  The
 * root always exists, and is a directory without a name.
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

struct vz_arena;

struct vz_xattr {
	char *key;               /* full name, "user.x" */
	char *value;
	uint32_t len;
};

struct vz_node {
	struct vz_node *parent;  /* NULL: the root */
	char *name;              /* "" for the root */
	uint8_t name_len;
	bool has_digest;
	uint32_t mode;           /* as st_mode, type included */
	uint32_t nlink;          /* as written to an image; 1 unless a dump says otherwise. Directories: ignored */
	uint32_t uid, gid;
	uint32_t rdev;           /* char and block devices, as in the image */
	uint32_t owner;          /* free for whoever walks the tree; compose: index of the package. Not stored */
	uint32_t mtime_nsec;
	int64_t mtime;           /* seconds */
	uint64_t size;           /* regular files */
	struct vz_digest digest; /* regular files with content in an object */
	char *payload;           /* symlink: target. Regular: object path "ab/cdef…", or NULL for none */
	char *content;           /* regular: inline content of `size` bytes, or NULL */
	struct vz_xattr *xattrs; /* sorted by key */
	uint32_t n_xattrs;
	uint32_t n_links;        /* hard links in the tree that point here */
	struct vz_node *link;    /* hard link to this node's inode, or NULL; see vz_node_set_link() */
	struct vz_node **children;
	uint32_t n_children, cap_children;
	struct vz_arena *arena;
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
/* Is `name` (`len` bytes) one that a child can have: 1 to 255 bytes, no '/' and NUL, not "." or "..". */
bool vz_node_name_is_valid(const char *name, size_t len);
/* Adds an empty child; the name must not exist and be valid (asserted). Cheapest in order of names. */
struct vz_node *vz_node_add(struct vz_node *dir, const char *name, uint32_t mode);
/* Makes `n` another name of `target`'s inode; `n` keeps nothing of its own. Neither is a
 * directory; both are in one tree; `target` is not `n` (asserted). Other names that were
 * links to `n`: the first of them in tree order keeps the inode that `n` held. */
void vz_node_set_link(struct vz_node *n, struct vz_node *target);
/* Takes `n`, not the root, with all below it out of the tree; no pointer to it may be
 * used again. Hard links elsewhere to an inode in it: the first of them in tree order
 * becomes the inode. */
void vz_tree_remove(struct vz_tree *t, struct vz_node *n);
/* Moves `n` into `dir`, which is not below it, as `name`, replacing nothing (asserted).
 * Links to it and to what is below it stay. */
void vz_node_move(struct vz_node *n, struct vz_node *dir, const char *name);

/* The node at `path`, exactly: no symbolic link is followed, ".." is not understood.
 * Empty and "." components are skipped. NULL if absent. */
struct vz_node *vz_tree_find(const struct vz_tree *t, const char *path);
/* The same as a process whose root this is would see it: links are followed in
 * all components but the last; `follow_last` also there. At most 40 links. */
struct vz_node *vz_tree_lookup(const struct vz_tree *t, const char *path, bool follow_last);
/* Where `path` would be made: the (resolved) parent directory and the last component,
 * which is the end of `path`. NULL if the parent is absent or not a directory, or the
 * last component is no valid name; so `path` must not end in a slash. */
struct vz_node *vz_tree_parent(const struct vz_tree *t, const char *path, const char **ret_name);
/* Like mkdir -p: missing directories get `mode` (the type is added), uid 0, gid 0 and `mtime`.
 * NULL if something on the way is not a directory, or no valid name. Follows links. */
struct vz_node *vz_tree_make_dirs(struct vz_tree *t, const char *path, uint32_t mode, int64_t mtime);
/* "/a/b" of a node, "/" for the root. To be freed. */
char *vz_node_path(const struct vz_node *n);

/* Attributes. These change the node itself: pass vz_node_inode() where it may be a hard link. */
void vz_node_set_content(struct vz_node *n, const void *data, size_t len);   /* inline; clears digest */
void vz_node_set_object(struct vz_node *n, const struct vz_digest *d, uint64_t size);  /* payload "ab/cdef…" too */
void vz_node_set_symlink(struct vz_node *n, const char *target);
void vz_node_set_xattr(struct vz_node *n, const char *key, const void *value, size_t len);
const struct vz_xattr *vz_node_xattr(const struct vz_node *n, const char *key);
void vz_node_remove_xattr(struct vz_node *n, const char *key);
/* Copies what belongs to the inode (not name, owner, children, link) from `from`, or from
 * the inode that it links to; it may be in another tree. `n` is not a link (asserted). */
void vz_node_copy_inode(struct vz_node *n, const struct vz_node *from);
/* Same type and content, target or device of the inodes; permission bits, ids and xattrs of them. */
bool vz_node_same_content(const struct vz_node *a, const struct vz_node *b);
bool vz_node_same_attributes(const struct vz_node *a, const struct vz_node *b);
/* Both; times count only if asked. */
bool vz_node_same(const struct vz_node *a, const struct vz_node *b, bool times);

/* Calls `visit` for each node below and including `n`, parents first, children
 * in byte order. A non-zero return ends the walk and is returned. `visit` may
 * change the node and what is below it, but must not remove or add beside it. */
int vz_node_walk(struct vz_node *n, int (*visit)(struct vz_node *n, void *ctx), void *ctx);

/* The first name of each inode in tree order becomes the one that holds it, as in the dump.
 * Pointers to nodes stay valid, but which of them is the link may change. */
void vz_tree_order_links(struct vz_tree *t);
/* To be called once a tree is built, before it is written: orders the links, so that tree, dump
 * and image give each other exactly, and sets each inode's `nlink` to the number of its names. */
void vz_tree_count_links(struct vz_tree *t);

struct vz_tree_stats {
	uint64_t files;          /* every name but the root */
	uint64_t bytes;          /* sum of regular inodes' sizes */
};
void vz_tree_stats(const struct vz_tree *t, struct vz_tree_stats *ret);

#endif
