/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/image_layout.h"

#include <string.h>

#include "store/image.h"

static struct vz_node *make_whiteouts(struct vz_arena *a, const struct vz_node *root)
{
	static const char digits[] = "0123456789abcdef";
	struct vz_node *w = vz_arena_alloc(a, LAYOUT_WHITEOUTS * sizeof *w);

	for (unsigned i = 0; i < LAYOUT_WHITEOUTS; i++) {
		char name[2] = { digits[i >> 4], digits[i & 15] };

		w[i].name = vz_arena_copy(a, name, sizeof name);
		w[i].name_len = sizeof name;
		w[i].mode = S_IFCHR | 0644;
		w[i].nlink = 1;
		w[i].uid = root->uid;
		w[i].gid = root->gid;
		w[i].mtime = root->mtime;
		w[i].mtime_nsec = root->mtime_nsec;
		w[i].xattrs = (struct vz_xattr *)vz_node_xattr(root, "security.selinux");
		w[i].n_xattrs = w[i].xattrs != NULL;
	}
	return w;
}

struct vz_node **layout_root_children(struct vz_arena *a, const struct vz_node *root, uint32_t *ret_n)
{
	struct vz_node *whiteouts = make_whiteouts(a, root);
	struct vz_node **merged = vz_arena_alloc(a, (root->n_children + LAYOUT_WHITEOUTS) * sizeof *merged);
	uint32_t n = 0, i = 0, w = 0;

	while (i < root->n_children || w < LAYOUT_WHITEOUTS) {
		int order = i == root->n_children ? 1 : w == LAYOUT_WHITEOUTS ? -1 : strcmp(root->children[i]->name, whiteouts[w].name);

		merged[n++] = order <= 0 ? root->children[i] : &whiteouts[w];
		i += order <= 0;
		w += order >= 0;
	}
	*ret_n = n;
	return merged;
}

void layout_entries(struct vz_node *const *children, uint32_t n, struct layout_entry *ret)
{
	uint32_t i = 0;

	for (uint32_t dots = 1; dots <= 2; dots++) {
		for (; i < n && strcmp(children[i]->name, dots == 1 ? "." : "..") < 0; i++)
			*ret++ = (struct layout_entry){ children[i]->name, children[i]->name_len, children[i] };
		*ret++ = (struct layout_entry){ "..", dots, NULL };
	}
	for (; i < n; i++)
		*ret++ = (struct layout_entry){ children[i]->name, children[i]->name_len, children[i] };
}

size_t layout_chunk(const struct layout_entry *e, size_t n, size_t from, uint32_t *ret_len)
{
	uint32_t len = 0;

	while (from < n && len + DIRENT_LEN + e[from].len <= EROFS_BLOCK)
		len += DIRENT_LEN + e[from++].len;
	*ret_len = len;
	return from;
}

void layout_dir_size(const struct layout_entry *e, size_t n, uint32_t *ret_blocks, uint32_t *ret_tail)
{
	uint32_t len = 0;

	*ret_blocks = 0;
	for (size_t i = 0; i < n; (*ret_blocks)++)
		i = layout_chunk(e, n, i, &len);
	*ret_tail = len > EROFS_BLOCK / 2 ? 0 : len;
	*ret_blocks -= *ret_tail > 0;
}

uint64_t vz_image_dir_size(const struct vz_node *dir)
{
	struct vz_arena *a = vz_arena_new();
	struct vz_node *const *children = dir->children;
	uint32_t n = dir->n_children, blocks, tail;
	struct layout_entry *e;

	if (!dir->parent)
		children = layout_root_children(a, dir, &n);
	e = vz_arena_alloc(a, (n + 2) * sizeof *e);
	layout_entries(children, n, e);
	layout_dir_size(e, n + 2, &blocks, &tail);
	vz_arena_free(a);
	return (uint64_t)blocks * EROFS_BLOCK + tail;
}

unsigned vz_image_file_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return 1;
	case S_IFDIR: return 2;
	case S_IFCHR: return 3;
	case S_IFBLK: return 4;
	case S_IFIFO: return 5;
	case S_IFSOCK: return 6;
	case S_IFLNK: return 7;
	default: return 0;
	}
}
