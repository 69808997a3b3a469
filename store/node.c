/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tree.h"

#include <assert.h>
#include <string.h>

#include "store/arena.h"

char *vz_node_path(const struct vz_node *n)
{
	size_t len = 0;
	char *path, *p;

	for (const struct vz_node *up = n; up->parent; up = up->parent)
		len += 1 + up->name_len;
	path = vz_alloc((len ? len : 1) + 1);
	path[0] = '/';
	p = path + len;
	for (; n->parent; n = n->parent) {
		p -= n->name_len;
		memcpy(p, n->name, n->name_len);
		*--p = '/';
	}
	return path;
}

static void clear_data(struct vz_node *n)
{
	n->payload = n->content = NULL;
	n->has_digest = false;
}

void vz_node_set_content(struct vz_node *n, const void *data, size_t len)
{
	clear_data(n);
	n->size = len;
	if (len)
		n->content = vz_arena_copy(n->arena, data, len);
}

void vz_node_set_object(struct vz_node *n, const struct vz_digest *d, uint64_t size)
{
	char hex[VZ_HEX_LEN + 1], path[VZ_HEX_LEN + 2];

	clear_data(n);
	n->size = size;
	n->has_digest = true;
	n->digest = *d;
	vz_digest_hex(d, hex);
	memcpy(path, hex, 2);
	path[2] = '/';
	memcpy(path + 3, hex + 2, VZ_HEX_LEN - 2);
	n->payload = vz_arena_copy(n->arena, path, VZ_HEX_LEN + 1);
}

void vz_node_set_symlink(struct vz_node *n, const char *target)
{
	clear_data(n);
	n->payload = vz_arena_copy(n->arena, target, strlen(target));
}

static uint32_t find_xattr(const struct vz_node *n, const char *key, bool *ret_found)
{
	uint32_t i = n->n_xattrs;

	*ret_found = false;
	while (i) {
		int order = strcmp(n->xattrs[i - 1].key, key);

		if (order < 0)
			break;
		i--;
		if (order == 0) {
			*ret_found = true;
			break;
		}
	}
	return i;
}

/* The array has room for the next power of two, so that no capacity needs to be kept. */
static struct vz_xattr *new_xattrs(struct vz_arena *a, uint32_t n)
{
	uint32_t cap = 1;

	while (cap < n)
		cap *= 2;
	return vz_arena_alloc(a, cap * sizeof(struct vz_xattr));
}

void vz_node_set_xattr(struct vz_node *n, const char *key, const void *value, size_t len)
{
	bool found;
	uint32_t i = find_xattr(n, key, &found);

	if (!found) {
		if ((n->n_xattrs & (n->n_xattrs - 1)) == 0) {
			struct vz_xattr *xattrs = new_xattrs(n->arena, n->n_xattrs + 1);

			if (n->n_xattrs)
				memcpy(xattrs, n->xattrs, n->n_xattrs * sizeof *xattrs);
			n->xattrs = xattrs;
		}
		memmove(n->xattrs + i + 1, n->xattrs + i, (n->n_xattrs - i) * sizeof *n->xattrs);
		n->n_xattrs++;
		n->xattrs[i].key = vz_arena_copy(n->arena, key, strlen(key));
	}
	n->xattrs[i].value = vz_arena_copy(n->arena, value, len);
	n->xattrs[i].len = (uint32_t)len;
}

const struct vz_xattr *vz_node_xattr(const struct vz_node *n, const char *key)
{
	bool found;
	uint32_t i = find_xattr(n, key, &found);

	return found ? &n->xattrs[i] : NULL;
}

void vz_node_remove_xattr(struct vz_node *n, const char *key)
{
	bool found;
	uint32_t i = find_xattr(n, key, &found);

	if (!found)
		return;
	n->n_xattrs--;
	memmove(n->xattrs + i, n->xattrs + i + 1, (n->n_xattrs - i) * sizeof *n->xattrs);
}

/* A string of `from`'s tree for `n`: within one tree they can be shared, as nothing changes or frees one. */
static char *copy_bytes(struct vz_node *n, const struct vz_node *from, char *data, size_t len)
{
	return !data || n->arena == from->arena ? data : vz_arena_copy(n->arena, data, len);
}

void vz_node_copy_inode(struct vz_node *n, const struct vz_node *from)
{
	struct vz_xattr *xattrs = NULL;

	assert(!n->link);
	from = vz_node_inode(from);
	if (n == from)
		return;
	if (from->n_xattrs)
		xattrs = new_xattrs(n->arena, from->n_xattrs);
	for (uint32_t i = 0; i < from->n_xattrs; i++) {
		const struct vz_xattr *x = &from->xattrs[i];

		xattrs[i].key = copy_bytes(n, from, x->key, strlen(x->key));
		xattrs[i].value = copy_bytes(n, from, x->value, x->len);
		xattrs[i].len = x->len;
	}
	n->xattrs = xattrs;
	n->n_xattrs = from->n_xattrs;
	n->payload = copy_bytes(n, from, from->payload, from->payload ? strlen(from->payload) : 0);
	n->content = copy_bytes(n, from, from->content, from->size);
	n->mode = from->mode;
	n->nlink = from->nlink;
	n->uid = from->uid;
	n->gid = from->gid;
	n->rdev = from->rdev;
	n->size = from->size;
	n->mtime = from->mtime;
	n->mtime_nsec = from->mtime_nsec;
	n->has_digest = from->has_digest;
	n->digest = from->digest;
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_data(const struct vz_node *a, const struct vz_node *b)
{
	switch (a->mode & S_IFMT) {
	case S_IFLNK:
		return same_string(a->payload, b->payload);
	case S_IFCHR:
	case S_IFBLK:
		return a->rdev == b->rdev;
	case S_IFREG:
		if (a->size != b->size || a->has_digest != b->has_digest || !a->content != !b->content)
			return false;
		if (a->content)
			return memcmp(a->content, b->content, a->size) == 0;
		return (!a->has_digest || vz_digest_cmp(&a->digest, &b->digest) == 0) && same_string(a->payload, b->payload);
	default:
		return true;
	}
}

bool vz_node_same_content(const struct vz_node *a, const struct vz_node *b)
{
	a = vz_node_inode(a);
	b = vz_node_inode(b);
	return (a->mode & S_IFMT) == (b->mode & S_IFMT) && same_data(a, b);
}

bool vz_node_same_attributes(const struct vz_node *a, const struct vz_node *b)
{
	a = vz_node_inode(a);
	b = vz_node_inode(b);
	if ((a->mode & 07777) != (b->mode & 07777) || a->uid != b->uid || a->gid != b->gid || a->n_xattrs != b->n_xattrs)
		return false;
	for (uint32_t i = 0; i < a->n_xattrs; i++) {
		const struct vz_xattr *x = &a->xattrs[i], *y = &b->xattrs[i];

		if (x->len != y->len || strcmp(x->key, y->key) != 0 || memcmp(x->value, y->value, x->len) != 0)
			return false;
	}
	return true;
}

bool vz_node_same(const struct vz_node *a, const struct vz_node *b, bool times)
{
	a = vz_node_inode(a);
	b = vz_node_inode(b);
	return vz_node_same_content(a, b) && vz_node_same_attributes(a, b) &&
	       (!times || (a->mtime == b->mtime && a->mtime_nsec == b->mtime_nsec));
}
