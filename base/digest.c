/* SPDX-License-Identifier: GPL-3.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED      /* SHA256_Init() and its like, see below */
#include "base/digest.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define BLOCK 4096
#define LEVELS 8                     /* 128^8 blocks: more than a file can hold */

void vz_digest_hex(const struct vz_digest *d, char ret[VZ_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < VZ_DIGEST_LEN; i++) {
		ret[2 * i] = digits[d->b[i] >> 4];
		ret[2 * i + 1] = digits[d->b[i] & 15];
	}
	ret[VZ_HEX_LEN] = 0;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool vz_digest_parse(const char *hex, struct vz_digest *ret)
{
	struct vz_digest d;

	if (strlen(hex) != VZ_HEX_LEN)
		return false;
	for (int i = 0; i < VZ_DIGEST_LEN; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		d.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret = d;
	return true;
}

int vz_digest_cmp(const struct vz_digest *a, const struct vz_digest *b)
{
	return memcmp(a->b, b->b, VZ_DIGEST_LEN);
}

const char *vz_hash_algo(const char *hex)
{
	size_t len = strlen(hex);

	if (strspn(hex, "0123456789abcdef") != len)
		return NULL;
	return len == 64 ? "SHA256" : len == 96 ? "SHA384" : len == 128 ? "SHA512" : NULL;
}

struct vz_hash {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

/* libcrypto's calls here fail only without memory or on misuse. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

struct vz_hash *vz_hash_new(const char *algo)
{
	EVP_MD *md = EVP_MD_fetch(NULL, algo, NULL);
	struct vz_hash *h;

	if (!md)
		return NULL;
	h = vz_new(struct vz_hash);
	h->md = md;
	h->ctx = EVP_MD_CTX_new();
	must(EVP_DigestInit_ex(h->ctx, md, NULL));
	return h;
}

void vz_hash_add(struct vz_hash *h, const void *data, size_t len)
{
	must(EVP_DigestUpdate(h->ctx, data, len));
}

void vz_hash_end_hex(struct vz_hash *h, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	must(EVP_DigestFinal_ex(h->ctx, raw, &len));
	must(EVP_DigestInit_ex(h->ctx, h->md, NULL));
	for (unsigned i = 0; i < len; i++) {
		ret[2 * i] = digits[raw[i] >> 4];
		ret[2 * i + 1] = digits[raw[i] & 15];
	}
	ret[2 * len] = 0;
}

void vz_hash_free(struct vz_hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

/* The plain functions, not EVP: setting up providers and reading the host's
 * openssl.cnf takes longer than making an environment, and fetching a method
 * for each block of 4 KiB is felt too. Policies in that file are about keys and
 * TLS, not about the names of contents. */
static void sha256(const void *data, size_t len, uint8_t *ret)
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, data, len);
	SHA256_Final(ret, &ctx);
}

void vz_sha256(const void *data, size_t len, struct vz_digest *ret)
{
	sha256(data, len, ret->b);
}

struct vz_verity {
	uint64_t total;
	struct {
		uint8_t block[BLOCK];    /* level 0: data; above: hashes of the level below */
		size_t len;
		uint64_t blocks;         /* full blocks already hashed into the next level */
	} level[LEVELS];
};

struct vz_verity *vz_verity_new(void)
{
	return vz_new(struct vz_verity);
}

void vz_verity_free(struct vz_verity *v)
{
	free(v);
}

/* Appends the hash of a full, or zero padded, block of `level` to the level above. */
static void push(struct vz_verity *v, int level, const uint8_t *block)
{
	assert(level + 1 < LEVELS);
	if (v->level[level + 1].len == BLOCK) {
		push(v, level + 1, v->level[level + 1].block);
		v->level[level + 1].len = 0;
	}
	sha256(block, BLOCK, v->level[level + 1].block + v->level[level + 1].len);
	v->level[level + 1].len += VZ_DIGEST_LEN;
	v->level[level].blocks++;
}

void vz_verity_add(struct vz_verity *v, const void *data, size_t len)
{
	const uint8_t *p = data;

	v->total += len;
	while (len) {
		size_t room = BLOCK - v->level[0].len, n = len < room ? len : room;

		/* the last block waits: whether it is the only one is known at the end */
		if (!room) {
			push(v, 0, v->level[0].block);
			v->level[0].len = 0;
			continue;
		}
		memcpy(v->level[0].block + v->level[0].len, p, n);
		v->level[0].len += n;
		p += n;
		len -= n;
	}
}

void vz_verity_end(struct vz_verity *v, struct vz_digest *ret)
{
	uint8_t desc[256] = { 1, 1, 12 };
	int level = 0;

	for (int i = 0; i < 8; i++)
		desc[8 + i] = (uint8_t)(v->total >> 8 * i);
	if (v->total) {
		for (;; level++) {
			memset(v->level[level].block + v->level[level].len, 0, BLOCK - v->level[level].len);
			if (!v->level[level].blocks)
				break;
			push(v, level, v->level[level].block);
		}
		sha256(v->level[level].block, BLOCK, desc + 16);
	}
	sha256(desc, sizeof desc, ret->b);
	v->total = 0;
	for (int i = 0; i < LEVELS; i++) {
		v->level[i].len = 0;
		v->level[i].blocks = 0;
	}
}

void vz_verity_bytes(const void *data, size_t len, struct vz_digest *ret)
{
	struct vz_verity *v = vz_verity_new();

	vz_verity_add(v, data, len);
	vz_verity_end(v, ret);
	vz_verity_free(v);
}

int vz_verity_fd(int fd, struct vz_digest *ret, struct vz_err *err)
{
	struct vz_verity *v = vz_verity_new();
	auto_free char *chunk = vz_alloc(1 << 18);
	ssize_t n;

	while ((n = read(fd, chunk, 1 << 18)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			vz_verity_free(v);
			return vz_err_sys(err, "read");
		}
		vz_verity_add(v, chunk, (size_t)n);
	}
	vz_verity_end(v, ret);
	vz_verity_free(v);
	return 0;
}
