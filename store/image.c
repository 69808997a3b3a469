/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/image.h"

#include <string.h>
#include <sys/mman.h>

#include "store/image_layout.h"

#define BLOCK EROFS_BLOCK
#define INODES_AT (EROFS_SUPER_AT + EROFS_SUPER_LEN)
#define CHUNK_BITS_MAX 43

static int by_address(const void *a, const void *b)
{
	const struct layout_link *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

static void add_inode(struct layout *l, const struct vz_node *n, uint32_t parent)
{
	struct layout_inode *inode = &l->inodes[l->n_inodes];

	*inode = (struct layout_inode){
		.node = n, .children = n->children, .n_children = n->n_children, .parent = parent, .mode = n->mode,
		.nlink = n->nlink, .plain_whiteout = !n->arena,
	};
	if (layout_is_whiteout(n) && !inode->plain_whiteout)
		inode->mode = S_IFREG | (n->mode & 07777);
	if (n->n_links) {
		vz_grow(l->links, l->n_links, l->cap_links);
		l->links[l->n_links++] = (struct layout_link){ n, (uint32_t)l->n_inodes };
	}
	l->n_inodes++;
}

/* Breadth first; a directory's children follow each other. */
static void list_inodes(struct layout *l, const struct vz_node *root)
{
	add_inode(l, root, 0);
	l->inodes[0].children = layout_root_children(l->arena, root, &l->inodes[0].n_children);
	for (uint32_t i = 0; i < l->n_inodes; i++) {
		struct vz_node *const *children = l->inodes[i].children;
		uint32_t n = l->inodes[i].n_children;

		if (!S_ISDIR(l->inodes[i].mode))
			continue;
		l->inodes[i].first_child = (uint32_t)l->n_inodes;
		l->inodes[i].nlink = 2;
		for (uint32_t c = 0; c < n; c++)
			if (!children[c]->link) {
				add_inode(l, children[c], i);
				l->inodes[i].nlink += vz_node_is_dir(children[c]);
			}
	}
	if (l->n_links)
		qsort(l->links, l->n_links, sizeof *l->links, by_address);
}

struct survey {
	size_t nodes, xattrs;
	bool whiteout;
};

static int survey_node(struct vz_node *n, void *ctx)
{
	struct survey *s = ctx;

	s->nodes++;
	s->xattrs += layout_max_xattrs(n);
	s->whiteout |= layout_is_whiteout(n);
	return 0;
}

static int choose_version(struct layout *l, const struct survey *s, const struct vz_image_options *o, struct vz_err *err)
{
	unsigned min = o ? o->min_version : 0, max = o ? o->max_version : 0;

	if (min > 1 || max > 1)
		return vz_err_set(err, VZ_USAGE, "no image version %u", min > 1 ? min : max);
	if (!min && !max && !(o && o->exact))
		max = 1;
	l->version = !min && max && s->whiteout ? 1 : min;
	return 0;
}

static int check_node(const struct vz_node *n, struct vz_err *err)
{
	if (!vz_image_file_type(n->mode))
		return vz_err_set(err, VZ_FAILED, "unknown file type in mode %o", n->mode);
	if (vz_node_is_symlink(n) && (!n->payload || !*n->payload || strlen(n->payload) > VZ_IMAGE_TARGET_MAX))
		return vz_err_set(err, VZ_FAILED, "the target of the symbolic link is not 1 to %d bytes long", VZ_IMAGE_TARGET_MAX);
	if (!vz_node_is_file(n))
		return 0;
	if (n->size > VZ_IMAGE_FILE_MAX)
		return vz_err_set(err, VZ_FAILED, "more than 2^53 bytes");
	if (n->content && n->size > VZ_IMAGE_CONTENT_MAX)
		return vz_err_set(err, VZ_FAILED, "more than %d bytes of inline content", VZ_IMAGE_CONTENT_MAX);
	if (n->payload && strlen(n->payload) > VZ_IMAGE_TARGET_MAX)
		return vz_err_set(err, VZ_FAILED, "the object's path is longer than %d bytes", VZ_IMAGE_TARGET_MAX);
	return 0;
}

static int add_all_xattrs(struct layout *l, struct vz_err *err)
{
	for (uint32_t i = 0; i < l->n_inodes; i++) {
		const struct vz_node *n = l->inodes[i].node;

		l->inodes[i].backed = vz_node_is_file(n) && n->size && !n->content;
		if (check_node(n, err) < 0 || layout_add_xattrs(l, i, err) < 0) {
			auto_free char *path = vz_node_path(n);

			return vz_err_wrap(err, "'%s'", path);
		}
	}
	return layout_share_xattrs(l, err);
}

static void find_oldest(struct layout *l)
{
	l->mtime = l->inodes[0].node->mtime;
	l->mtime_nsec = l->inodes[0].node->mtime_nsec;
	for (size_t i = 1; i < l->n_inodes; i++) {
		const struct vz_node *n = l->inodes[i].node;

		if (n->mtime < l->mtime || (n->mtime == l->mtime && n->mtime_nsec < l->mtime_nsec)) {
			l->mtime = n->mtime;
			l->mtime_nsec = n->mtime_nsec;
		}
	}
}

/* Chunks of a backed file are all holes; as few of them as can be. */
static unsigned chunk_bits(uint64_t size)
{
	unsigned bits = 12;

	while (bits < CHUNK_BITS_MAX && UINT64_C(1) << bits < size)
		bits++;
	return bits;
}

static void set_size(struct layout *l, struct layout_inode *inode, struct layout_entry *scratch)
{
	const struct vz_node *n = inode->node;

	inode->size = n->mode == inode->mode ? n->size : 0;
	if (S_ISDIR(inode->mode)) {
		layout_entries(inode->children, inode->n_children, scratch);
		layout_dir_size(scratch, inode->n_children + 2, &inode->n_blocks, &inode->tail);
		inode->size = (uint64_t)inode->n_blocks * BLOCK + inode->tail;
	} else if (S_ISLNK(inode->mode)) {
		inode->size = inode->tail = (uint32_t)strlen(n->payload);
	} else if (inode->backed) {
		unsigned bits = chunk_bits(n->size);

		inode->tail = 4 * (uint32_t)((n->size + (UINT64_C(1) << bits) - 1) >> bits);
	} else if (S_ISREG(n->mode)) {
		inode->tail = n->size % BLOCK;
		inode->n_blocks = (uint32_t)(n->size / BLOCK) + (inode->tail > BLOCK / 2);
		if (inode->tail > BLOCK / 2)
			inode->tail = 0;
	}
	inode->extended = n->mtime != l->mtime || n->mtime_nsec != l->mtime_nsec || inode->nlink > UINT16_MAX ||
			  n->uid > UINT16_MAX || n->gid > UINT16_MAX || inode->size > UINT32_MAX;
}

static uint32_t head_len(const struct layout_inode *inode)
{
	return (inode->extended ? EXTENDED_LEN : COMPACT_LEN) + inode->xattr_size;
}

/* The record as a whole shall not straddle blocks; a long one gives its target a block. */
static void place_symlink(struct layout_inode *inode)
{
	uint64_t total = head_len(inode) + inode->tail;

	if (total >= BLOCK) {
		inode->n_blocks = 1;
		inode->tail = 0;
	}
	if (inode->start / BLOCK != (inode->start + total - 1) / BLOCK)
		inode->start = round_up(inode->start, BLOCK);
}

/* Only the tail must not straddle blocks. */
static void place_other(struct layout_inode *inode)
{
	uint64_t behind = inode->start + head_len(inode), room = BLOCK - behind % BLOCK, pad;

	if (room >= inode->tail)
		return;
	pad = round_up(room, EROFS_SLOT);
	if (inode->tail <= BLOCK - (behind + pad) % BLOCK) {
		inode->start += pad;
	} else {
		inode->n_blocks++;
		inode->tail = 0;
		inode->start = round_up(inode->start, BLOCK);
	}
}

static void place(struct layout *l)
{
	uint64_t pos = INODES_AT, block;

	for (size_t i = 0; i < l->n_inodes; i++) {
		struct layout_inode *inode = &l->inodes[i];

		inode->start = round_up(pos, EROFS_SLOT);
		if (S_ISLNK(inode->mode))
			place_symlink(inode);
		else
			place_other(inode);
		pos = inode->start + head_len(inode) + inode->tail;
	}
	l->inodes_end = round_up(pos, EROFS_SLOT);
	l->data_start = round_up(l->inodes_end + l->shared_size, BLOCK);
	block = l->data_start / BLOCK;
	for (size_t i = 0; i < l->n_inodes; i++)
		if (l->inodes[i].n_blocks) {
			l->inodes[i].block = block;
			block += l->inodes[i].n_blocks;
		}
	l->end = block * BLOCK;
}

static void compute_sizes(struct layout *l)
{
	struct layout_entry *scratch;
	uint32_t most = 0;

	for (size_t i = 0; i < l->n_inodes; i++)
		most = l->inodes[i].n_children > most ? l->inodes[i].n_children : most;
	scratch = vz_alloc((most + 2) * sizeof *scratch);
	for (size_t i = 0; i < l->n_inodes; i++)
		set_size(l, &l->inodes[i], scratch);
	free(scratch);
}

static void write_header(const struct layout *l, uint8_t *image)
{
	uint8_t *sb = image + EROFS_SUPER_AT;

	put32(image + CFS_MAGIC_AT, CFS_MAGIC);
	put32(image + CFS_HEADER_VERSION_AT, CFS_HEADER_VERSION);
	put32(image + CFS_FLAGS_AT, l->has_acl ? CFS_FLAG_ACL : 0);
	put32(image + CFS_VERSION_AT, l->version);
	put32(sb + SB_MAGIC, EROFS_MAGIC);
	put32(sb + SB_FEATURES, EROFS_FEATURES);
	sb[SB_BLOCK_BITS] = 12;
	put16(sb + SB_ROOT_NID, l->inodes[0].start / EROFS_SLOT);
	put64(sb + SB_INODES, l->n_inodes);
	put64(sb + SB_TIME, (uint64_t)l->mtime);
	put32(sb + SB_TIME_NSEC, l->mtime_nsec);
	put32(sb + SB_BLOCKS, l->end / BLOCK);
	put32(sb + SB_XATTR_BLOCK, l->inodes_end / BLOCK);
}

/* The field that is a device number, a block number or a chunk format. */
static uint32_t inode_u(const struct layout_inode *inode)
{
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return inode->node->rdev;
	/* that the block number keeps its high half is a quirk of the reference */
	if (inode->backed)
		return ((uint32_t)inode->block & 0xffff0000) | (chunk_bits(inode->size) - 12);
	return (uint32_t)inode->block;
}

static void write_inode(const struct layout *l, size_t i, uint8_t *p)
{
	const struct layout_inode *inode = &l->inodes[i];
	const struct vz_node *n = inode->node;
	unsigned layout = inode->backed ? LAYOUT_CHUNKS : inode->tail ? LAYOUT_INLINE : LAYOUT_PLAIN;
	bool sized = S_ISDIR(inode->mode) || S_ISREG(inode->mode) || S_ISLNK(inode->mode);

	put16(p + INODE_FORMAT, layout * 2 + inode->extended);
	put16(p + INODE_XATTR_COUNT, inode->xattr_size ? (inode->xattr_size - XATTR_HEADER_LEN) / 4 + 1 : 0);
	put16(p + INODE_MODE, inode->mode);
	put32(p + INODE_U, inode_u(inode));
	put32(p + INODE_NUMBER, i);
	if (!inode->extended) {
		put16(p + COMPACT_NLINK, inode->nlink);
		put32(p + INODE_SIZE, sized ? inode->size : 0);
		put16(p + COMPACT_UID, n->uid);
		put16(p + COMPACT_GID, n->gid);
		return;
	}
	put64(p + INODE_SIZE, sized ? inode->size : 0);
	put32(p + EXTENDED_UID, n->uid);
	put32(p + EXTENDED_GID, n->gid);
	put64(p + EXTENDED_MTIME, (uint64_t)n->mtime);
	put32(p + EXTENDED_MTIME_NSEC, n->mtime_nsec);
	put32(p + EXTENDED_NLINK, inode->nlink);
}

static uint32_t linked_inode(const struct layout *l, const struct vz_node *n)
{
	struct layout_link key = { .node = n };

	return ((struct layout_link *)bsearch(&key, l->links, l->n_links, sizeof key, by_address))->inode;
}

static void write_chunk(const struct layout *l, const struct layout_entry *e, const uint32_t *inodes, size_t n, uint8_t *p)
{
	size_t name = n * DIRENT_LEN;

	for (size_t i = 0; i < n; i++, p += DIRENT_LEN) {
		const struct layout_inode *inode = &l->inodes[inodes[i]];

		put64(p + DIRENT_NID, inode->start / EROFS_SLOT);
		put16(p + DIRENT_NAME, name);
		p[DIRENT_TYPE] = (uint8_t)vz_image_file_type(inode->mode);
		memcpy(p + name - i * DIRENT_LEN, e[i].name, e[i].len);
		name += e[i].len;
	}
}

static void write_dir(const struct layout *l, uint32_t self, uint8_t *blocks, uint8_t *tail)
{
	const struct layout_inode *dir = &l->inodes[self];
	size_t n = dir->n_children + 2, to;
	struct layout_entry *e = vz_alloc(n * sizeof *e);
	uint32_t *inodes = vz_alloc(n * sizeof *inodes), next = dir->first_child, len;

	layout_entries(dir->children, dir->n_children, e);
	for (size_t i = 0; i < n; i++) {
		if (!e[i].node)
			inodes[i] = e[i].len == 1 ? self : dir->parent;
		else
			inodes[i] = e[i].node->link ? linked_inode(l, e[i].node->link) : next++;
	}
	for (size_t i = 0, chunk = 0; i < n; i = to, chunk++) {
		to = layout_chunk(e, n, i, &len);
		write_chunk(l, e + i, inodes + i, to - i, chunk < dir->n_blocks ? blocks + chunk * BLOCK : tail);
	}
	free(inodes);
	free(e);
}

static void write_data(const struct layout *l, uint32_t i, uint8_t *blocks, uint8_t *tail)
{
	const struct layout_inode *inode = &l->inodes[i];
	const char *data = S_ISLNK(inode->mode) ? inode->node->payload : inode->node->content;
	size_t in_blocks = (size_t)inode->size - inode->tail;

	if (S_ISDIR(inode->mode)) {
		write_dir(l, i, blocks, tail);
	} else if (inode->backed) {
		memset(blocks, 0xff, (size_t)inode->n_blocks * BLOCK);
		memset(tail, 0xff, inode->tail);
	} else if (data) {
		memcpy(blocks, data, in_blocks);
		memcpy(tail, data + in_blocks, inode->tail);
	}
}

static void write_image(const struct layout *l, uint8_t *image)
{
	uint32_t table = (uint32_t)(l->inodes_end % BLOCK / 4);

	write_header(l, image);
	for (uint32_t i = 0; i < l->n_inodes; i++) {
		const struct layout_inode *inode = &l->inodes[i];
		uint8_t *p = image + inode->start;
		uint8_t *xattrs = p + (inode->extended ? EXTENDED_LEN : COMPACT_LEN);

		write_inode(l, i, p);
		layout_write_xattrs(l, inode, xattrs, table);
		write_data(l, i, image + inode->block * BLOCK, xattrs + inode->xattr_size);
	}
	layout_write_shared(l, image + l->inodes_end);
}

/* Gets all pages of the buffer in one call, as the arena does for its own; should that fail, they come one by one. */
static void reserve(struct vz_buf *b, size_t len)
{
	uintptr_t from, to;

	vz_buf_reserve(b, len);
	from = round_up((uintptr_t)b->data + b->len, BLOCK);
	to = ((uintptr_t)b->data + b->cap) / BLOCK * BLOCK;
	if (to > from)
		madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}

static int write_tree(struct layout *l, const struct vz_tree *t, const struct vz_image_options *o, struct vz_buf *ret,
		      struct vz_err *err)
{
	struct survey s = {0};

	vz_node_walk(t->root, survey_node, &s);
	if (choose_version(l, &s, o, err) < 0)
		return -1;
	l->inodes = vz_arena_alloc(l->arena, (s.nodes + LAYOUT_WHITEOUTS) * sizeof *l->inodes);
	list_inodes(l, t->root);
	l->xattrs = vz_arena_alloc(l->arena, (s.xattrs + 1 + LAYOUT_WHITEOUTS) * sizeof *l->xattrs);
	if (add_all_xattrs(l, err) < 0)
		return -1;
	find_oldest(l);
	compute_sizes(l);
	place(l);
	reserve(ret, l->end);
	vz_buf_zero(ret, l->end);
	write_image(l, (uint8_t *)ret->data + ret->len - l->end);
	return 0;
}

int vz_image_write(const struct vz_tree *t, const struct vz_image_options *o, struct vz_buf *ret, struct vz_err *err)
{
	struct layout l = { .arena = vz_arena_new() };
	int done = write_tree(&l, t, o, ret, err);

	vz_arena_free(l.arena);
	free(l.links);
	return done;
}
