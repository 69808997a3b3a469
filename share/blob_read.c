/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/blob.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)

struct vz_blob_reader {
	int fd;
	off_t at;
	uint64_t left;                   /* in the file */
	char *in;
	size_t from, to;                 /* in[from..to) is not consumed */
	const struct vz_unpacker_ops *ops;
	void *state;
	bool begun, ended;               /* `ended`: a compressed stream is complete, and nothing of a next one was read */
	struct vz_hash *hash;
	uint64_t size, most;             /* of the content: so far, and allowed */
};

struct vz_blob_reader *vz_blob_reader_new(int fd, uint64_t offset, uint64_t size, uint64_t most)
{
	struct vz_blob_reader *r = vz_new(struct vz_blob_reader);

	r->fd = fd;
	r->at = (off_t)offset;
	r->left = size;
	r->most = most;
	r->in = vz_alloc(PIECE);
	r->hash = vz_hash_new("SHA256");
	return r;
}

void vz_blob_reader_free(struct vz_blob_reader *r)
{
	if (!r)
		return;
	if (r->state)
		r->ops->free(r->state);
	vz_hash_free(r->hash);
	free(r->in);
	free(r);
}

/* Fills an empty buffer, with nothing at the end of the blob. */
static int fill(struct vz_blob_reader *r, struct vz_err *err)
{
	size_t want = r->left < PIECE ? (size_t)r->left : PIECE, got = 0;

	if (r->from < r->to || !want)
		return 0;
	while (got < want) {
		ssize_t n = pread(r->fd, r->in + got, want - got, r->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read a blob");
		if (!n)
			return vz_err_set(err, VZ_UNTRUSTED, "a blob breaks off");
		got += (size_t)n;
		r->at += n;
	}
	r->left -= got;
	r->from = 0;
	r->to = got;
	return 0;
}

/* What the first bytes say it is packed with. */
static void look(struct vz_blob_reader *r)
{
	static const struct vz_unpacker_ops *const all[] = { &vz_unpacker_gzip, &vz_unpacker_zstd };

	r->begun = r->ended = true;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (r->to - r->from >= all[i]->magic_len && memcmp(r->in + r->from, all[i]->magic, all[i]->magic_len) == 0) {
			r->ops = all[i];
			r->state = r->ops->new();
		}
}

static int plain(struct vz_blob_reader *r, char *out, size_t *len)
{
	*len = r->to - r->from < *len ? r->to - r->from : *len;
	memcpy(out, r->in + r->from, *len);
	r->from += *len;
	return 0;
}

/* Some of the content, nothing only at its end. */
static ptrdiff_t some(struct vz_blob_reader *r, char *out, size_t room, struct vz_err *err)
{
	for (;;) {
		size_t len = room;
		bool empty;

		if (fill(r, err) < 0)
			return -1;
		if (!r->begun)
			look(r);
		empty = r->from == r->to;
		if (empty && r->ended)
			return 0;
		if (r->ops ? r->ops->step(r->state, r->in, &r->from, r->to, out, &len, &r->ended, err) < 0 : plain(r, out, &len) < 0)
			return -1;
		if (len)
			return (ptrdiff_t)len;
		if (empty && !r->ended)
			return vz_err_set(err, VZ_UNTRUSTED, "compressed data break off");
	}
}

ptrdiff_t vz_blob_reader_read(struct vz_blob_reader *r, void *buf, size_t len, struct vz_err *err)
{
	size_t have = 0;
	ptrdiff_t n;

	while (have < len && (n = some(r, (char *)buf + have, len - have, err)) != 0) {
		if (n < 0)
			return -1;
		r->size += (uint64_t)n;
		if (r->size > r->most)
			return vz_err_set(err, VZ_UNTRUSTED, "unpacks to more than %llu bytes", (unsigned long long)r->most);
		vz_hash_add(r->hash, (char *)buf + have, (size_t)n);
		have += (size_t)n;
	}
	return (ptrdiff_t)have;
}

int vz_blob_reader_end(struct vz_blob_reader *r, char ret_digest[VZ_HEX_LEN + 1], struct vz_err *err)
{
	char hex[VZ_HASH_MAX], rest;
	ptrdiff_t n = vz_blob_reader_read(r, &rest, 1, err);

	if (n < 0)
		return -1;
	if (n)
		return vz_err_set(err, VZ_UNTRUSTED, "something follows the end");
	vz_hash_end_hex(r->hash, hex);
	memcpy(ret_digest, hex, VZ_HEX_LEN + 1);
	return 0;
}

int vz_blob_check(int fd, uint64_t offset, uint64_t size, const char *digest, struct vz_err *err)
{
	auto_blob_reader struct vz_blob_reader *r = vz_blob_reader_new(fd, offset, size, size);
	char is[VZ_HASH_MAX];

	while (r->left) {
		if (fill(r, err) < 0)
			return -1;
		vz_hash_add(r->hash, r->in, r->to);
		r->from = r->to = 0;
	}
	vz_hash_end_hex(r->hash, is);
	if (strcmp(is, digest))
		return vz_err_set(err, VZ_UNTRUSTED, "blob 'sha256:%s' does not have that digest", digest);
	return 0;
}
