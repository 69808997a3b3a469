/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the image writer share; nobody else includes this.
 *
 * Calling sequence, in image.c: list the inodes breadth first (image_dir.c
 * lists a directory's entries), give each its rewritten xattrs and find those
 * to share (image_xattr.c), compute sizes, place the inodes, write into one
 * zeroed buffer of the final size.  Nothing of the tree is changed or copied
 * but the xattrs' strings that rewriting makes.
 */
#ifndef STORE_IMAGE_LAYOUT_H
#define STORE_IMAGE_LAYOUT_H

#include "store/arena.h"
#include "store/erofs.h"
#include "store/tree.h"

#define LAYOUT_WHITEOUTS 256             /* names of object directories */

struct layout_xattr {
	const char *key, *value;
	uint32_t len;            /* of the value */
	uint32_t hash;           /* of key and value */
	uint32_t first;          /* the first xattr of all that has this key and value; the next two are that one's */
	uint32_t count;          /* how many have them; shared if more than one */
	uint32_t offset;         /* in the shared table */
	uint16_t key_len;
	uint8_t prefix, prefix_len;
};

struct layout_inode {
	const struct vz_node *node;
	struct vz_node *const *children;     /* the root's include the whiteouts */
	uint32_t n_children, first_child;    /* index of the first child's inode; children that are links have none */
	uint32_t parent;
	uint32_t mode;                       /* rewritten */
	uint32_t nlink;
	bool backed, extended;
	bool plain_whiteout;                 /* one that we added to the root */
	uint64_t size;                       /* what decides about `extended` */
	uint32_t first_xattr, n_xattrs, n_refs, xattr_size;
	uint32_t filter;
	uint32_t tail, n_blocks;
	uint64_t block;                      /* the first */
	uint64_t start;
};

struct layout_link {                         /* inode that has hard links */
	const struct vz_node *node;
	uint32_t inode;
};

struct layout {
	struct vz_arena *arena;              /* of all that follows but `links` */
	struct layout_inode *inodes;
	struct layout_xattr *xattrs;
	uint32_t *shared;                    /* the first xattrs of shared pairs, in the table's order */
	size_t n_inodes, n_xattrs, n_shared, shared_size;
	struct layout_link *links;           /* sorted by address */
	size_t n_links, cap_links;
	unsigned version;
	bool has_acl;
	int64_t mtime;                       /* the oldest */
	uint32_t mtime_nsec;
	uint64_t inodes_end, data_start, end;
};

struct layout_entry {                        /* of a directory */
	const char *name;
	uint32_t len;
	const struct vz_node *node;          /* NULL for "." and ".." */
};

/* An input node that overlayfs would take for a deleted file. */
static inline bool layout_is_whiteout(const struct vz_node *n)
{
	return !n->link && S_ISCHR(n->mode) && n->rdev == 0;
}

/* The root's children and a whiteout for each object directory that the root has no child of the name
 * of, in order of names; `ret_n` of them. All in `a`. */
struct vz_node **layout_root_children(struct vz_arena *a, const struct vz_node *root, uint32_t *ret_n);
/* All entries of a directory, "." and ".." too, in order of names, into `ret` (room for n + 2). */
void layout_entries(struct vz_node *const *children, uint32_t n, struct layout_entry *ret);
/* Where the chunk that begins with entry `from` of `n` ends, and how long it is. */
size_t layout_chunk(const struct layout_entry *e, size_t n, size_t from, uint32_t *ret_len);
/* How many blocks, and how many bytes behind the inode, the entries take. */
void layout_dir_size(const struct layout_entry *e, size_t n, uint32_t *ret_blocks, uint32_t *ret_tail);

/* At most so many xattrs are written for `n` (the root has one more). */
static inline size_t layout_max_xattrs(const struct vz_node *n)
{
	return n->n_xattrs + (vz_node_is_dir(n) ? 4 : 2);
}
/* The xattrs of inode `i` as they will be written; `l->xattrs` has room for them. */
int layout_add_xattrs(struct layout *l, uint32_t i, struct vz_err *err);
/* After all: which are shared, and the size of each inode's area. */
int layout_share_xattrs(struct layout *l, struct vz_err *err);
/* `base` is the number of the table's first byte in units of 4 bytes from the xattr block. */
void layout_write_xattrs(const struct layout *l, const struct layout_inode *inode, uint8_t *p, uint32_t base);
void layout_write_shared(const struct layout *l, uint8_t *p);

#endif
