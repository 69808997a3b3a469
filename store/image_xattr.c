/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/image_layout.h"

#include <string.h>

#include "store/image.h"

#define OVERLAY "trusted.overlay."
#define FILTER_SEED 0x25bbe08fu

static uint32_t rotl(uint32_t v, int by)
{
	return v << by | v >> (32 - by);
}

/* XXH32, by which a kernel looks names up in the filter. */
static uint32_t xxh32(const uint8_t *p, size_t len, uint32_t seed)
{
	const uint32_t p1 = 2654435761u, p2 = 2246822519u, p3 = 3266489917u, p4 = 668265263u, p5 = 374761393u;
	uint32_t acc[4] = { seed + p1 + p2, seed + p2, seed, seed - p1 }, h = seed + p5;
	size_t n = len;

	if (len >= 16) {
		for (; n >= 16; n -= 16, p += 16)
			for (int i = 0; i < 4; i++)
				acc[i] = rotl(acc[i] + get32(p + 4 * i) * p2, 13) * p1;
		h = rotl(acc[0], 1) + rotl(acc[1], 7) + rotl(acc[2], 12) + rotl(acc[3], 18);
	}
	h += (uint32_t)len;
	for (; n >= 4; n -= 4, p += 4)
		h = rotl(h + get32(p) * p3, 17) * p4;
	for (; n; n--, p++)
		h = rotl(h + *p * p5, 11) * p1;
	h = (h ^ h >> 15) * p2;
	h = (h ^ h >> 13) * p3;
	return h ^ h >> 16;
}

static void set_prefix(struct layout_xattr *x)
{
	static const char *const prefixes[] = XATTR_PREFIXES;

	x->prefix = x->prefix_len = 0;
	for (uint8_t i = 1; i < sizeof prefixes / sizeof *prefixes; i++)
		if (prefixes[i] && strncmp(x->key, prefixes[i], strlen(prefixes[i])) == 0) {
			x->prefix = i;
			x->prefix_len = (uint8_t)strlen(prefixes[i]);
			return;
		}
}

static void set(struct layout *l, struct layout_inode *inode, const char *key, const char *value, size_t len)
{
	struct layout_xattr *x = l->xattrs + inode->first_xattr, *end = x + inode->n_xattrs;

	while (x < end && strcmp(x->key, key) != 0)
		x++;
	if (x == end) {
		x = &l->xattrs[l->n_xattrs++];
		inode->n_xattrs++;
	}
	*x = (struct layout_xattr){ .key = key, .value = value, .len = (uint32_t)len, .key_len = (uint16_t)strlen(key) };
	set_prefix(x);
}

static int check(const struct vz_node *n, struct vz_err *err)
{
	size_t cost = VZ_IMAGE_XATTRS_BASE;

	for (uint32_t i = 0; i < n->n_xattrs; i++) {
		size_t key_len = strlen(n->xattrs[i].key);

		if (!key_len || key_len > 255)
			return vz_err_set(err, VZ_FAILED, "the name of an extended attribute is not 1 to 255 bytes long");
		cost += VZ_IMAGE_XATTR_COST(key_len, n->xattrs[i].len);
	}
	return cost <= VZ_IMAGE_XATTRS_MAX ? 0 : vz_err_set(err, VZ_FAILED, "extended attributes are too large together");
}

/* What would mean something to the overlay that mounts the image is hidden from it. */
static void add_escaped(struct layout *l, struct layout_inode *inode)
{
	const struct vz_node *n = inode->node;

	for (uint32_t i = 0; i < n->n_xattrs; i++) {
		const char *key = n->xattrs[i].key;
		size_t prefix = strlen(OVERLAY), len = strlen(key);

		if (strncmp(key, OVERLAY, prefix) == 0) {
			char escaped[512];

			memcpy(escaped, OVERLAY "overlay.", prefix + 8);
			memcpy(escaped + prefix + 8, key + prefix, len - prefix);
			key = vz_arena_copy(l->arena, escaped, len + 8);
		}
		set(l, inode, key, n->xattrs[i].value, n->xattrs[i].len);
	}
}

static void add_backing(struct layout *l, struct layout_inode *inode)
{
	const struct vz_node *n = inode->node;
	char metacopy[4 + VZ_DIGEST_LEN] = { 0, sizeof metacopy, 0, 1 };

	memcpy(metacopy + 4, n->digest.b, VZ_DIGEST_LEN);
	if (n->has_digest)
		set(l, inode, OVERLAY "metacopy", vz_arena_copy(l->arena, metacopy, sizeof metacopy), sizeof metacopy);
	else
		set(l, inode, OVERLAY "metacopy", "", 0);
	if (n->payload) {
		size_t len = strlen(n->payload);
		char *redirect = vz_arena_alloc(l->arena, len + 1);

		redirect[0] = '/';
		memcpy(redirect + 1, n->payload, len);
		set(l, inode, OVERLAY "redirect", redirect, len + 1);
	}
}

static void add_whiteout_marks(struct layout *l, struct layout_inode *inode)
{
	bool parent = false;

	if (layout_is_whiteout(inode->node)) {
		set(l, inode, OVERLAY "overlay.whiteout", "", 0);
		set(l, inode, "user.overlay.whiteout", "", 0);
	}
	for (uint32_t i = 0; i < inode->node->n_children && !parent; i++)
		parent = layout_is_whiteout(inode->node->children[i]);
	if (!parent)
		return;
	set(l, inode, OVERLAY "overlay.whiteouts", "", 0);
	set(l, inode, "user.overlay.whiteouts", "", 0);
	if (l->version >= 1) {
		set(l, inode, OVERLAY "overlay.opaque", "x", 1);
		set(l, inode, "user.overlay.opaque", "x", 1);
	}
}

/* Mostly in order already: a node's are sorted, and few are added. */
static void sort(struct layout_xattr *x, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct layout_xattr moved = x[i];
		uint32_t to = i;

		for (; to && strcmp(x[to - 1].key, moved.key) > 0; to--)
			x[to] = x[to - 1];
		x[to] = moved;
	}
}

int layout_add_xattrs(struct layout *l, uint32_t i, struct vz_err *err)
{
	struct layout_inode *inode = &l->inodes[i];
	const struct layout_xattr *x;

	inode->first_xattr = (uint32_t)l->n_xattrs;
	if (check(inode->node, err) < 0)
		return -1;
	add_escaped(l, inode);
	if (inode->backed)
		add_backing(l, inode);
	if (!inode->plain_whiteout)
		add_whiteout_marks(l, inode);
	if (i == 0)
		set(l, inode, OVERLAY "opaque", "y", 1);
	sort(l->xattrs + inode->first_xattr, inode->n_xattrs);
	inode->filter = 0xffffffff;
	x = l->xattrs + inode->first_xattr;
	for (const struct layout_xattr *end = x + inode->n_xattrs; x < end; x++) {
		const uint8_t *suffix = (const uint8_t *)x->key + x->prefix_len;

		inode->filter &= ~(1u << (xxh32(suffix, x->key_len - x->prefix_len, FILTER_SEED + x->prefix) & 31));
		l->has_acl |= (x->prefix == 2 || x->prefix == 3) && x->prefix_len == x->key_len;
	}
	return 0;
}

static uint64_t hash_bytes(uint64_t h, const char *p, size_t len)
{
	const uint64_t k = UINT64_C(0x9fb21c651e98df25);

	while (len) {
		uint64_t word = 0;
		size_t n = len < sizeof word ? len : sizeof word;

		memcpy(&word, p, n);
		h = (h ^ word) * k;
		h ^= h >> 29;
		p += n;
		len -= n;
	}
	return (h ^ h >> 32) * k;
}

static bool same_pair(const struct layout_xattr *a, const struct layout_xattr *b)
{
	return a->hash == b->hash && a->key_len == b->key_len && a->len == b->len &&
	       memcmp(a->key, b->key, a->key_len) == 0 && memcmp(a->value, b->value, a->len) == 0;
}

/* The hash is seeded with an address, so that nobody can choose xattrs that all meet in one slot;
 * nothing of the image depends on it. */
static void find_pairs(struct layout *l)
{
	uint64_t seed = (uintptr_t)l->xattrs * UINT64_C(0xd6e8feb86659fd93) ^ (uintptr_t)&seed;
	size_t n_slots = 16;
	uint32_t *slots;                     /* 0: free; else the index of the pair's first xattr + 1 */

	while (n_slots < 2 * l->n_xattrs)
		n_slots *= 2;
	slots = vz_arena_alloc(l->arena, n_slots * sizeof *slots);
	for (uint32_t i = 0; i < l->n_xattrs; i++) {
		struct layout_xattr *x = &l->xattrs[i];
		size_t slot;

		x->hash = (uint32_t)(hash_bytes(hash_bytes(seed, x->key, x->key_len), x->value, x->len) >> 20);
		for (slot = x->hash & (n_slots - 1); slots[slot] && !same_pair(x, &l->xattrs[slots[slot] - 1]);)
			slot = (slot + 1) & (n_slots - 1);
		if (!slots[slot])
			slots[slot] = i + 1;
		x->first = slots[slot] - 1;
		l->n_shared += ++l->xattrs[x->first].count == 2;
	}
}

/* Descending by key, length and value. */
static int by_table_order(const void *a, const void *b, void *ctx)
{
	const struct layout *l = ctx;
	const struct layout_xattr *x = &l->xattrs[*(const uint32_t *)a], *y = &l->xattrs[*(const uint32_t *)b];
	int order = strcmp(y->key, x->key);

	if (!order)
		order = x->len != y->len ? (x->len < y->len ? 1 : -1) : memcmp(y->value, x->value, x->len);
	return order;
}

static bool is_shared(const struct layout *l, const struct layout_xattr *x)
{
	return l->xattrs[x->first].count > 1;
}

static uint32_t entry_size(const struct layout_xattr *x)
{
	return (uint32_t)round_up(XATTR_ENTRY_LEN + (uint64_t)(x->key_len - x->prefix_len) + x->len, 4);
}

static void make_table(struct layout *l)
{
	size_t n = 0;

	l->shared = vz_arena_alloc(l->arena, l->n_shared * sizeof *l->shared);
	for (uint32_t i = 0; i < l->n_xattrs; i++)
		if (l->xattrs[i].count > 1)
			l->shared[n++] = i;
	if (n)
		qsort_r(l->shared, n, sizeof *l->shared, by_table_order, l);
	for (size_t i = 0; i < n; i++) {
		struct layout_xattr *x = &l->xattrs[l->shared[i]];

		x->offset = (uint32_t)l->shared_size;
		l->shared_size += entry_size(x);
	}
}

int layout_share_xattrs(struct layout *l, struct vz_err *err)
{
	find_pairs(l);
	make_table(l);
	for (size_t i = 0; i < l->n_inodes; i++) {
		struct layout_inode *inode = &l->inodes[i];
		uint32_t size = XATTR_HEADER_LEN;

		for (uint32_t j = 0; j < inode->n_xattrs; j++) {
			const struct layout_xattr *x = &l->xattrs[inode->first_xattr + j];
			bool ref = is_shared(l, x) && inode->n_refs < XATTR_MAX_REFS;

			inode->n_refs += ref;
			size += ref ? 4 : entry_size(x);
		}
		inode->xattr_size = inode->n_xattrs ? size : 0;
		if ((size - XATTR_HEADER_LEN) / 4 + 1 > UINT16_MAX)
			return vz_err_set(err, VZ_FAILED, "'%s': extended attributes are too large together", inode->node->name);
	}
	return l->shared_size < UINT32_MAX ? 0 : vz_err_set(err, VZ_FAILED, "extended attributes are too large together");
}

static uint8_t *write_entry(const struct layout_xattr *x, uint8_t *p)
{
	size_t suffix = x->key_len - x->prefix_len;

	p[XATTR_NAME_LEN] = (uint8_t)suffix;
	p[XATTR_PREFIX] = x->prefix;
	put16(p + XATTR_VALUE_LEN, x->len);
	memcpy(p + XATTR_ENTRY_LEN, x->key + x->prefix_len, suffix);
	memcpy(p + XATTR_ENTRY_LEN + suffix, x->value, x->len);
	return p + entry_size(x);
}

void layout_write_xattrs(const struct layout *l, const struct layout_inode *inode, uint8_t *p, uint32_t base)
{
	const struct layout_xattr *x = l->xattrs + inode->first_xattr;
	uint8_t *refs = p + XATTR_HEADER_LEN, *entry = refs + 4 * inode->n_refs;
	uint32_t n_refs = 0;

	if (!inode->n_xattrs)
		return;
	put32(p + XATTR_FILTER, inode->filter);
	p[XATTR_REFS] = (uint8_t)inode->n_refs;
	for (uint32_t i = 0; i < inode->n_xattrs; i++, x++) {
		if (is_shared(l, x) && n_refs < XATTR_MAX_REFS)
			put32(refs + 4 * n_refs++, base + l->xattrs[x->first].offset / 4);
		else
			entry = write_entry(x, entry);
	}
}

void layout_write_shared(const struct layout *l, uint8_t *p)
{
	for (size_t i = 0; i < l->n_shared; i++)
		p = write_entry(&l->xattrs[l->shared[i]], p);
}
