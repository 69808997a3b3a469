/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/rpmdb.h"

/*
 * Packages.db, version 0 (rpm's lib/backend/ndb/rpmpkg.c); all numbers are
 * little-endian and 32 bits:
 *
 *     header   "RpmP" version generation pages next-index 0 0 0
 *     slots    "Slot" index first-block blocks; fill the pages, an empty one has zeros
 *     blobs    "BlbS" index time length | bytes, zeros | adler32 length "BlbE"; whole blocks
 */
#define PAGE 4096u
#define BLOCK 16u                /* a slot's size as well */
#define HEAD_LEN 16u
#define TAIL_LEN 12u
#define SLOTS_A_PAGE (PAGE / BLOCK)
#define HEADER_SLOTS 2u          /* what the header takes of the first page */
#define LIMIT (1u << 30)

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static uint32_t adler32(const char *data, size_t len)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < len; i++) {
		a = (a + (unsigned char)data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static size_t blocks_of(size_t len)
{
	return (HEAD_LEN + len + TAIL_LEN + BLOCK - 1) / BLOCK;
}

static void put_header(struct vz_buf *b, size_t pages, size_t n)
{
	vz_buf_add(b, "RpmP", 4);
	vz_buf_le32(b, 0);
	vz_buf_le32(b, (uint32_t)n + 1);          /* goes up with each change */
	vz_buf_le32(b, (uint32_t)pages);
	vz_buf_le32(b, (uint32_t)n + 1);
	vz_buf_zero(b, 12);
}

static void put_blob(struct vz_buf *b, size_t index, int64_t date, const struct vz_buf *blob)
{
	size_t start = b->len, padding = blocks_of(blob->len) * BLOCK - HEAD_LEN - blob->len - TAIL_LEN;

	vz_buf_add(b, "BlbS", 4);
	vz_buf_le32(b, (uint32_t)index);
	vz_buf_le32(b, (uint32_t)date);
	vz_buf_le32(b, (uint32_t)blob->len);
	vz_buf_add(b, blob->data, blob->len);
	vz_buf_zero(b, padding);
	vz_buf_le32(b, adler32(b->data + start, b->len - start));
	vz_buf_le32(b, (uint32_t)blob->len);
	vz_buf_add(b, "BlbE", 4);
}

int vz_rpmdb_ndb_write(const struct vz_rpmdb_entries *e, int64_t date, struct vz_buf *ret, struct vz_err *err)
{
	size_t pages = (e->n + HEADER_SLOTS) / SLOTS_A_PAGE + 1, block = pages * SLOTS_A_PAGE;

	put_header(ret, pages, e->n);
	for (size_t i = 0; i < pages * SLOTS_A_PAGE - HEADER_SLOTS; i++) {
		size_t blocks = i < e->n ? blocks_of(e->items[i].len) : 0;

		vz_buf_add(ret, "Slot", 4);
		vz_buf_le32(ret, i < e->n ? (uint32_t)i + 1 : 0);
		vz_buf_le32(ret, i < e->n ? (uint32_t)block : 0);
		vz_buf_le32(ret, (uint32_t)blocks);
		block += blocks;
		if (block > LIMIT / BLOCK)
			return vz_err_set(err, VZ_FAILED, "the package database would be larger than 1 GiB");
	}
	for (size_t i = 0; i < e->n; i++)
		put_blob(ret, i + 1, date, &e->items[i]);
	return 0;
}

static int damaged(struct vz_err *err, const char *what)
{
	return vz_err_set(err, VZ_DAMAGED, "the package database is damaged: %s", what);
}

struct slot {
	uint32_t index, block, blocks;
};

static int by_index(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static int read_blob(const struct vz_buf *db, const struct slot *s, struct vz_rpmdb_entries *ret, struct vz_err *err)
{
	const char *head, *tail;
	uint64_t start = (uint64_t)s->block * BLOCK, size = (uint64_t)s->blocks * BLOCK;
	uint32_t len;

	if (start + size > db->len || size < HEAD_LEN + TAIL_LEN)
		return damaged(err, "an entry lies outside");
	head = db->data + start;
	tail = head + size - TAIL_LEN;
	len = get32(head + 12);
	if (memcmp(head, "BlbS", 4) != 0 || memcmp(tail + 8, "BlbE", 4) != 0 || get32(head + 4) != s->index ||
	    len != get32(tail + 4) || (uint64_t)blocks_of(len) != s->blocks)
		return damaged(err, "an entry is not where it should be");
	if (adler32(head, size - TAIL_LEN) != get32(tail))
		return damaged(err, "an entry has another checksum");
	vz_buf_add(vz_rpmdb_entries_add(ret), head + HEAD_LEN, len);
	return 0;
}

int vz_rpmdb_ndb_read(const struct vz_buf *db, struct vz_rpmdb_entries *ret, struct vz_err *err)
{
	auto_free struct slot *slots = NULL;
	size_t n = 0, cap = 0;
	uint64_t total = 0;
	uint32_t pages;

	if (db->len < PAGE || memcmp(db->data, "RpmP\0\0\0\0", 8) != 0)
		return damaged(err, "it does not begin as one");
	pages = get32(db->data + 12);
	if (!pages || (uint64_t)pages * PAGE > db->len)
		return damaged(err, "it ends early");
	for (size_t i = HEADER_SLOTS; i < (size_t)pages * SLOTS_A_PAGE; i++) {
		const char *p = db->data + i * BLOCK;
		struct slot s = { get32(p + 4), get32(p + 8), get32(p + 12) };

		if (memcmp(p, "Slot", 4) != 0)
			return damaged(err, "its list of entries");
		if (!s.block)
			continue;
		/* each has its own bytes */
		total += s.blocks;
		if (total > db->len / BLOCK)
			return damaged(err, "entries overlap");
		vz_grow(slots, n, cap);
		slots[n++] = s;
	}
	if (n)
		qsort(slots, n, sizeof *slots, by_index);
	for (size_t i = 0; i < n; i++)
		if (read_blob(db, &slots[i], ret, err) < 0)
			return -1;
	return 0;
}
