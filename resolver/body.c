/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolver/body.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536

static int rehash(struct vz_body *b, uint64_t size, struct vz_err *err)
{
	char block[BLOCK];

	while (b->have < size) {
		ssize_t n = pread(b->fd, block, sizeof block, (off_t)b->have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read a partial download");
		if (!n)
			break;
		vz_hash_add(b->hash, block, (size_t)n);
		b->have += (uint64_t)n;
	}
	return 0;
}

int vz_body_begin(struct vz_body *b, bool resume, struct vz_err *err)
{
	struct stat st;

	assert(!b->digest || vz_hash_algo(b->digest));
	if (b->digest)
		b->hash = vz_hash_new(vz_hash_algo(b->digest));
	if (fstat(b->fd, &st) < 0)
		return vz_err_sys(err, "stat a download");
	if (!resume || !b->hash || (uint64_t)st.st_size > b->limit)
		return vz_body_restart(b, err);
	b->mixed = st.st_size > 0;
	return rehash(b, (uint64_t)st.st_size, err);
}

int vz_body_restart(struct vz_body *b, struct vz_err *err)
{
	char unused[VZ_HASH_MAX];

	if (b->hash && b->have)
		vz_hash_end_hex(b->hash, unused);
	b->have = 0;
	b->mixed = false;
	if (ftruncate(b->fd, 0) < 0)
		return vz_err_sys(err, "empty a download");
	return 0;
}

int vz_body_add(struct vz_body *b, const void *data, size_t len, struct vz_err *err)
{
	const char *p = data;

	if (b->hash)
		vz_hash_add(b->hash, data, len);
	while (len) {
		ssize_t n = pwrite(b->fd, p, len, (off_t)b->have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "write a download");
		p += n;
		len -= (size_t)n;
		b->have += (uint64_t)n;
	}
	return 0;
}

bool vz_body_can_resume(const struct vz_body *b)
{
	return b->hash && b->have > 0;
}

bool vz_body_is_whole(const struct vz_body *b)
{
	return !b->exact || b->have == b->limit;
}

bool vz_body_is_right(struct vz_body *b)
{
	char hex[VZ_HASH_MAX];

	if (!b->hash)
		return true;
	vz_hash_end_hex(b->hash, hex);
	return strcmp(hex, b->digest) == 0;
}

void vz_body_end(struct vz_body *b)
{
	vz_hash_free(b->hash);
	b->hash = NULL;
}
