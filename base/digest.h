/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests: plain SHA-256 (and the others repositories use) and the fs-verity
 * SHA-256 digest that names objects and images.
 *
 * fs-verity: version 1, SHA-256, 4096-byte blocks, no salt, no signature
 * (Documentation/filesystems/fsverity.rst, "Merkle tree", "fsverity_descriptor").
 * A streaming context holds one hash block a level, so any length costs a few
 * kilobytes of memory.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VZ_DIGEST_LEN 32
#define VZ_HEX_LEN 64              /* without the NUL */

struct vz_digest {
	uint8_t b[VZ_DIGEST_LEN];
};

void vz_digest_hex(const struct vz_digest *d, char ret[VZ_HEX_LEN + 1]);
bool vz_digest_parse(const char *hex, struct vz_digest *ret);   /* exactly 64 hex digits */
int vz_digest_cmp(const struct vz_digest *a, const struct vz_digest *b);

/* What made a digest of lower-case hex digits, by their number: "SHA256" (64), "SHA384" (96), "SHA512" (128).
 * NULL: anything else, so nothing weaker is taken for a digest. */
const char *vz_hash_algo(const char *hex);
#define VZ_HASH_MAX 129            /* the longest, with its NUL */

/* A streaming SHA-256, SHA-512, SHA-1 or MD5 (`algo` as OpenSSL names it). */
struct vz_hash;
struct vz_hash *vz_hash_new(const char *algo);    /* NULL: unknown algorithm */
void vz_hash_add(struct vz_hash *h, const void *data, size_t len);
/* Lower-case hex of the digest into `ret` (at least VZ_HASH_MAX bytes); the context can be used again. */
void vz_hash_end_hex(struct vz_hash *h, char *ret);
void vz_hash_free(struct vz_hash *h);

void vz_sha256(const void *data, size_t len, struct vz_digest *ret);

/* Streaming fs-verity digest. */
struct vz_verity;
struct vz_verity *vz_verity_new(void);
void vz_verity_add(struct vz_verity *v, const void *data, size_t len);
void vz_verity_end(struct vz_verity *v, struct vz_digest *ret);   /* and starts anew */
void vz_verity_free(struct vz_verity *v);

void vz_verity_bytes(const void *data, size_t len, struct vz_digest *ret);
/* Reads `fd` from its current offset to the end. */
int vz_verity_fd(int fd, struct vz_digest *ret, struct vz_err *err);

#endif
