/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/image.h"

#include <string.h>

#include "store/arena.h"
#include "store/erofs.h"

#define BLOCK EROFS_BLOCK
#define OVERLAY "trusted.overlay."
#define COPIED_XATTRS_MAX (256u << 20)

struct inode {
	uint64_t nid;
	uint64_t xattrs, tail;           /* where these begin */
	unsigned layout;
	uint32_t mode, nlink, uid, gid, u, mtime_nsec;
	uint64_t size;
	int64_t mtime;
};

struct dir {
	struct vz_node *node;
	struct inode inode;
	uint64_t parent;
	struct vz_node *last;            /* name read, or NULL: names ascend */
	uint8_t dots;                    /* bit 0: "." was there, bit 1: ".." */
	const uint8_t *last_name;
	size_t last_len;
};

struct reader {
	const uint8_t *image;
	uint64_t len, inodes_at, xattrs_at;
	int64_t mtime;
	uint32_t mtime_nsec;
	/* In our images nothing overlaps: what inodes and data take is at most the file. Whoever
	 * lets them overlap would have a small file make a huge tree. */
	uint64_t unclaimed;
	uint64_t copied_xattrs;
	struct vz_node **nodes;          /* by nid; &dropped: seen, but not part of the tree */
	uint64_t n_slots, n_inodes;
	struct dir *dirs;                /* to be read, in order */
	size_t n_dirs, cap_dirs;
	bool linked;
};

static struct vz_node dropped;

static int bad(struct vz_err *err, const char *what)
{
	return vz_err_set(err, VZ_DAMAGED, "not a composefs image: %s", what);
}

static bool inside(const struct reader *r, uint64_t from, uint64_t len)
{
	return from <= r->len && len <= r->len - from;
}

static int claim(struct reader *r, uint64_t bytes, struct vz_err *err)
{
	if (bytes > r->unclaimed)
		return bad(err, "parts of it overlap");
	r->unclaimed -= bytes;
	return 0;
}

static int read_super(struct reader *r, struct vz_err *err)
{
	const uint8_t *sb = r->image + EROFS_SUPER_AT;

	if (r->len < BLOCK || get32(r->image + CFS_MAGIC_AT) != CFS_MAGIC || get32(sb + SB_MAGIC) != EROFS_MAGIC)
		return bad(err, "it does not begin like one");
	if (get32(r->image + CFS_HEADER_VERSION_AT) != CFS_HEADER_VERSION || get32(r->image + CFS_VERSION_AT) > 1)
		return bad(err, "its version is not known");
	if (sb[SB_BLOCK_BITS] != 12 || get32(sb + SB_INCOMPATIBLE) || get32(sb + SB_FEATURES) != EROFS_FEATURES)
		return bad(err, "it has features that composefs does not use");
	if (get32(sb + SB_BLOCKS) * (uint64_t)BLOCK != r->len)
		return bad(err, "its length is wrong");
	r->inodes_at = get32(sb + SB_META_BLOCK) * (uint64_t)BLOCK;
	r->xattrs_at = get32(sb + SB_XATTR_BLOCK) * (uint64_t)BLOCK;
	if (r->inodes_at >= r->len || r->xattrs_at >= r->len)
		return bad(err, "its parts are outside of it");
	r->mtime = (int64_t)get64(sb + SB_TIME);
	r->mtime_nsec = get32(sb + SB_TIME_NSEC);
	r->n_slots = (r->len - r->inodes_at) / EROFS_SLOT;
	r->unclaimed = r->len;
	r->copied_xattrs = COPIED_XATTRS_MAX;
	return 0;
}

static void read_times_and_ids(const struct reader *r, const uint8_t *p, bool extended, struct inode *ret)
{
	ret->mtime = r->mtime;
	ret->mtime_nsec = r->mtime_nsec;
	if (!extended) {
		ret->nlink = get16(p + COMPACT_NLINK);
		ret->uid = get16(p + COMPACT_UID);
		ret->gid = get16(p + COMPACT_GID);
		ret->size = get32(p + INODE_SIZE);
		return;
	}
	ret->nlink = get32(p + EXTENDED_NLINK);
	ret->uid = get32(p + EXTENDED_UID);
	ret->gid = get32(p + EXTENDED_GID);
	ret->size = get64(p + INODE_SIZE);
	ret->mtime = (int64_t)get64(p + EXTENDED_MTIME);
	ret->mtime_nsec = get32(p + EXTENDED_MTIME_NSEC);
}

static int read_inode(struct reader *r, uint64_t nid, struct inode *ret, struct vz_err *err)
{
	uint64_t at = r->inodes_at + nid * EROFS_SLOT, xattr_len;
	const uint8_t *p = r->image + at;
	bool extended;

	if (nid >= r->n_slots || !inside(r, at, COMPACT_LEN))
		return bad(err, "an inode is outside of it");
	extended = get16(p + INODE_FORMAT) & 1;
	xattr_len = get16(p + INODE_XATTR_COUNT) ? XATTR_HEADER_LEN + 4 * (get16(p + INODE_XATTR_COUNT) - 1u) : 0;
	*ret = (struct inode){ .nid = nid, .layout = get16(p + INODE_FORMAT) >> 1, .mode = get16(p + INODE_MODE),
			       .u = get32(p + INODE_U), .xattrs = at + (extended ? EXTENDED_LEN : COMPACT_LEN) };
	ret->tail = ret->xattrs + xattr_len;
	if (!inside(r, at, ret->tail - at))
		return bad(err, "an inode is outside of it");
	if (claim(r, ret->tail - at, err) < 0)
		return -1;
	if (!vz_image_file_type(ret->mode))
		return bad(err, "an inode has no file type");
	if (ret->layout != LAYOUT_PLAIN && ret->layout != LAYOUT_INLINE &&
	    !(ret->layout == LAYOUT_CHUNKS && S_ISREG(ret->mode)))
		return bad(err, "an inode has an unknown layout");
	read_times_and_ids(r, p, extended, ret);
	r->n_inodes++;
	return 0;
}

/* The data of a flat inode: `ret_tail` bytes behind it, what comes before that from block `u` on. */
static int find_data(struct reader *r, const struct inode *inode, const uint8_t **ret_blocks, uint32_t *ret_tail,
		     struct vz_err *err)
{
	uint32_t tail = inode->layout == LAYOUT_INLINE ? inode->size % BLOCK : 0;
	uint64_t from = inode->u * (uint64_t)BLOCK;

	if (inode->size > r->len)
		return bad(err, "a file is larger than it");
	if (inode->size > tail && !inside(r, from, inode->size - tail))
		return bad(err, "a data block is outside of it");
	if (!inside(r, inode->tail, tail) || inode->tail % BLOCK + tail > BLOCK)
		return bad(err, "data behind an inode crosses a block");
	*ret_blocks = inode->size > tail ? r->image + from : r->image;
	*ret_tail = tail;
	return claim(r, inode->size, err);
}

static int read_data(struct reader *r, const struct inode *inode, char *ret, struct vz_err *err)
{
	const uint8_t *blocks;
	uint32_t tail;

	if (find_data(r, inode, &blocks, &tail, err) < 0)
		return -1;
	memcpy(ret, blocks, inode->size - tail);
	memcpy(ret + inode->size - tail, r->image + inode->tail, tail);
	return 0;
}

struct xattr {
	char key[320];
	size_t key_len;
	const char *value;
	uint32_t len;
};

/* The entry at `p`, which ends before `end`; returns its length, or 0. */
static size_t read_entry(const uint8_t *p, const uint8_t *end, struct xattr *ret)
{
	static const char *const prefixes[] = XATTR_PREFIXES;
	size_t room = (size_t)(end - p), prefix_len;
	const char *prefix;

	if (room < XATTR_ENTRY_LEN || p[XATTR_PREFIX] >= sizeof prefixes / sizeof *prefixes || !prefixes[p[XATTR_PREFIX]])
		return 0;
	ret->len = get16(p + XATTR_VALUE_LEN);
	if (room - XATTR_ENTRY_LEN < (size_t)p[XATTR_NAME_LEN] + ret->len)
		return 0;
	prefix = prefixes[p[XATTR_PREFIX]];
	prefix_len = strlen(prefix);
	ret->key_len = prefix_len + p[XATTR_NAME_LEN];
	memcpy(ret->key, prefix, prefix_len);
	memcpy(ret->key + prefix_len, p + XATTR_ENTRY_LEN, p[XATTR_NAME_LEN]);
	ret->key[ret->key_len] = 0;
	ret->value = (const char *)p + XATTR_ENTRY_LEN + p[XATTR_NAME_LEN];
	return ret->key_len && !memchr(ret->key, 0, ret->key_len) ?
	       round_up(XATTR_ENTRY_LEN + (uint64_t)p[XATTR_NAME_LEN] + ret->len, 4) : 0;
}

static int set_redirect(struct vz_node *n, const struct xattr *x, struct vz_err *err)
{
	if (x->len < 2 || x->value[0] != '/' || x->len - 1 > VZ_IMAGE_TARGET_MAX || memchr(x->value, 0, x->len))
		return bad(err, "a redirect is not an absolute path");
	n->payload = vz_arena_copy(n->arena, x->value + 1, x->len - 1);
	return 0;
}

static int set_xattr(struct reader *r, struct vz_node *n, const char *key, const struct xattr *x, size_t *cost,
		     struct vz_err *err)
{
	size_t len = strlen(key), copied = sizeof(struct vz_xattr) + len + x->len;

	*cost += VZ_IMAGE_XATTR_COST(len, x->len);
	if (len > 255 || *cost > VZ_IMAGE_XATTRS_MAX || copied > r->copied_xattrs)
		return bad(err, "extended attributes are too large");
	if (vz_node_xattr(n, key))
		return bad(err, "an extended attribute is there twice");
	r->copied_xattrs -= copied;
	vz_node_set_xattr(n, key, x->value, x->len);
	return 0;
}

/* Undoes what the writer did to the tree's xattrs, see doc/image-format.md. */
static int add_xattr(struct reader *r, struct vz_node *n, struct xattr *x, size_t *cost, struct vz_err *err)
{
	static const char escape[] = OVERLAY "overlay.";
	bool file = vz_node_is_file(n);

	if (strncmp(x->key, OVERLAY, strlen(OVERLAY)) != 0) {
		if (strcmp(x->key, "user.overlay.whiteout") == 0 || strcmp(x->key, "user.overlay.whiteouts") == 0)
			return 0;
		return set_xattr(r, n, x->key, x, cost, err);
	}
	if (file && strcmp(x->key, OVERLAY "redirect") == 0)
		return set_redirect(n, x, err);
	if (file && strcmp(x->key, OVERLAY "metacopy") == 0 && x->len == 4 + VZ_DIGEST_LEN) {
		memcpy(n->digest.b, x->value + 4, VZ_DIGEST_LEN);
		n->has_digest = true;
		return 0;
	}
	if (file && strcmp(x->key, OVERLAY "overlay.whiteout") == 0) {
		n->mode = S_IFCHR | (n->mode & 07777);
		return 0;
	}
	if (strncmp(x->key, escape, sizeof escape - 1) != 0 || strcmp(x->key, OVERLAY "overlay.whiteouts") == 0)
		return 0;
	memmove(x->key + strlen(OVERLAY), x->key + sizeof escape - 1, x->key_len - (sizeof escape - 1) + 1);
	return set_xattr(r, n, x->key, x, cost, err);
}

static int read_xattrs(struct reader *r, struct vz_node *n, const struct inode *inode, struct vz_err *err)
{
	const uint8_t *p = r->image + inode->xattrs, *end = r->image + inode->tail;
	size_t cost = VZ_IMAGE_XATTRS_BASE, len;
	const uint8_t *ref, *refs_end;
	struct xattr x;

	if (p == end)
		return 0;
	ref = p + XATTR_HEADER_LEN;
	refs_end = ref + 4 * (size_t)p[XATTR_REFS];
	if (refs_end > end)
		return bad(err, "extended attributes are outside of their area");
	for (p = refs_end; p < end; p += len) {
		len = read_entry(p, end, &x);
		if (!len || len > (size_t)(end - p))
			return bad(err, "an extended attribute is outside of its area");
		if (add_xattr(r, n, &x, &cost, err) < 0)
			return -1;
	}
	for (; ref < refs_end; ref += 4) {
		uint64_t at = r->xattrs_at + 4 * (uint64_t)get32(ref);

		if (!inside(r, at, XATTR_ENTRY_LEN) || !read_entry(r->image + at, r->image + r->len, &x))
			return bad(err, "a shared extended attribute is outside of it");
		if (add_xattr(r, n, &x, &cost, err) < 0)
			return -1;
	}
	return 0;
}

static int read_file(struct reader *r, struct vz_node *n, const struct inode *inode, struct vz_err *err)
{
	char content[VZ_IMAGE_CONTENT_MAX];

	n->size = inode->size;
	if (inode->layout == LAYOUT_CHUNKS && inode->size)
		return inode->size > VZ_IMAGE_FILE_MAX ? bad(err, "a file is larger than 2^53 bytes") : 0;
	if (inode->size > sizeof content)
		return bad(err, "a file is too large to be inline");
	if (inode->size && read_data(r, inode, content, err) < 0)
		return -1;
	vz_node_set_content(n, content, inode->size);
	return 0;
}

static int read_symlink(struct reader *r, struct vz_node *n, const struct inode *inode, struct vz_err *err)
{
	char target[VZ_IMAGE_TARGET_MAX + 1];

	if (!inode->size || inode->size > VZ_IMAGE_TARGET_MAX)
		return bad(err, "the length of a symbolic link is wrong");
	if (read_data(r, inode, target, err) < 0)
		return -1;
	if (memchr(target, 0, inode->size))
		return bad(err, "a symbolic link has a NUL byte");
	target[inode->size] = 0;
	vz_node_set_symlink(n, target);
	return 0;
}

static int fill_node(struct reader *r, struct vz_node *n, const struct inode *inode, struct vz_err *err)
{
	n->nlink = inode->nlink;
	n->uid = inode->uid;
	n->gid = inode->gid;
	n->mtime = inode->mtime;
	n->mtime_nsec = inode->mtime_nsec;
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		n->rdev = inode->u;
	if (read_xattrs(r, n, inode, err) < 0)
		return -1;
	if (vz_node_is_symlink(n))
		return read_symlink(r, n, inode, err);
	if (n->mode != inode->mode)          /* it became a whiteout */
		vz_node_set_content(n, NULL, 0);
	return vz_node_is_file(n) ? read_file(r, n, inode, err) : 0;
}

static void push_dir(struct reader *r, struct vz_node *n, const struct inode *inode, uint64_t parent)
{
	vz_grow(r->dirs, r->n_dirs, r->cap_dirs);
	r->dirs[r->n_dirs++] = (struct dir){ .node = n, .inode = *inode, .parent = parent };
}

static int add_link(struct reader *r, const struct dir *d, const char *name, uint64_t nid, struct vz_err *err)
{
	struct vz_node *target = r->nodes[nid];

	if (target == &dropped)
		return 0;
	if (vz_node_is_dir(target))
		return bad(err, "a directory has two names");
	vz_node_set_link(vz_node_add(d->node, name, target->mode), target);
	r->linked = true;
	return 0;
}

static int add_node(struct reader *r, const struct dir *d, const char *name, const struct inode *inode, struct vz_err *err)
{
	struct vz_node *n;

	if (S_ISCHR(inode->mode) && !inode->u) {
		r->nodes[inode->nid] = &dropped;
		return 0;
	}
	n = r->nodes[inode->nid] = vz_node_add(d->node, name, inode->mode);
	if (fill_node(r, n, inode, err) < 0)
		return -1;
	if (vz_node_is_dir(n))
		push_dir(r, n, inode, d->inode.nid);
	return 0;
}

static int read_dot(struct dir *d, size_t len, uint64_t nid, struct vz_err *err)
{
	if (nid != (len == 1 ? d->inode.nid : d->parent))
		return bad(err, "a directory is not where its '.' or '..' says");
	d->dots |= (uint8_t)len;
	return 0;
}

static int read_dirent(struct reader *r, struct dir *d, const uint8_t *entry, const uint8_t *p, size_t len, struct vz_err *err)
{
	uint64_t nid = get64(entry + DIRENT_NID);
	struct inode inode;
	char name[256];
	int order;

	if (!len || len > 255 || nid >= r->n_slots)
		return bad(err, "a directory entry is damaged");
	order = d->last_name ? memcmp(p, d->last_name, len < d->last_len ? len : d->last_len) : 1;
	if (order < 0 || (order == 0 && len <= d->last_len))
		return bad(err, "a directory is not sorted");
	d->last_name = p;
	d->last_len = len;
	if (entry[DIRENT_TYPE] != vz_image_file_type(get16(r->image + r->inodes_at + nid * EROFS_SLOT + INODE_MODE)))
		return bad(err, "the file type of a directory entry is wrong");
	if (*p == '.' && (len == 1 || (len == 2 && p[1] == '.')))
		return read_dot(d, len, nid, err);
	if (!vz_node_name_is_valid((const char *)p, len))
		return bad(err, "a name is not valid");
	memcpy(name, p, len);
	name[len] = 0;
	if (r->nodes[nid])
		return add_link(r, d, name, nid, err);
	return read_inode(r, nid, &inode, err) < 0 ? -1 : add_node(r, d, name, &inode, err);
}

static int read_chunk(struct reader *r, struct dir *d, const uint8_t *p, size_t len, struct vz_err *err)
{
	size_t names = len >= DIRENT_LEN ? get16(p + DIRENT_NAME) : 0, from = names, to;

	if (!names || names % DIRENT_LEN || names >= len)
		return bad(err, "a directory is damaged");
	for (const uint8_t *entry = p; entry < p + names; entry += DIRENT_LEN, from = to) {
		if (entry + DIRENT_LEN < p + names)
			to = get16(entry + DIRENT_LEN + DIRENT_NAME);
		else
			to = from + strnlen((const char *)p + from, len - from);
		if (to <= from || to > len)
			return bad(err, "a directory is damaged");
		if (read_dirent(r, d, entry, p + from, to - from, err) < 0)
			return -1;
	}
	return 0;
}

static int read_dir(struct reader *r, struct dir *d, struct vz_err *err)
{
	const uint8_t *blocks;
	uint64_t done = 0;
	uint32_t tail;

	if (find_data(r, &d->inode, &blocks, &tail, err) < 0)
		return -1;
	for (; done + tail < d->inode.size; done += BLOCK) {
		uint64_t left = d->inode.size - tail - done;

		if (read_chunk(r, d, blocks + done, left < BLOCK ? left : BLOCK, err) < 0)
			return -1;
	}
	if (tail && read_chunk(r, d, r->image + d->inode.tail, tail, err) < 0)
		return -1;
	return d->dots == 3 ? 0 : bad(err, "a directory lacks '.' or '..'");
}

static int read_tree(struct reader *r, struct vz_tree *t, struct vz_err *err)
{
	const uint8_t *sb = r->image + EROFS_SUPER_AT;
	struct inode root;

	if (read_super(r, err) < 0)
		return -1;
	r->nodes = vz_alloc(r->n_slots * sizeof(struct vz_node *));
	if (read_inode(r, get16(sb + SB_ROOT_NID), &root, err) < 0)
		return -1;
	if (!S_ISDIR(root.mode))
		return bad(err, "the root is not a directory");
	t->root->mode = root.mode;
	r->nodes[root.nid] = t->root;
	if (fill_node(r, t->root, &root, err) < 0)
		return -1;
	push_dir(r, t->root, &root, root.nid);
	for (size_t i = 0; i < r->n_dirs; i++) {
		struct dir d = r->dirs[i];       /* the array may move */

		if (read_dir(r, &d, err) < 0)
			return -1;
	}
	if (r->n_inodes != get64(sb + SB_INODES))
		return bad(err, "the number of its inodes is wrong");
	if (r->linked)
		vz_tree_order_links(t);
	return 0;
}

struct vz_tree *vz_image_read(const void *image, size_t len, struct vz_err *err)
{
	auto_tree struct vz_tree *t = vz_tree_new();
	struct reader r = { .image = image, .len = len };
	int done = read_tree(&r, t, err);

	free(r.nodes);
	free(r.dirs);
	return done < 0 ? NULL : steal(&t);
}
