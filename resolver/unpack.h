/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of repository indexes: plain, gz, xz, zst, bz2, by name.
 *
 * A thread decompresses and hashes while the caller's function works on what
 * came before, because each of the two takes about as long as the other.
 * Output beyond the limit is an error, so a bomb costs no more than the limit.
 */
#ifndef RESOLVER_UNPACK_H
#define RESOLVER_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vz_unpacked {
	uint64_t size;
	char sha256[65];
};

/* Gets the next piece, on the thread that called vz_unpack(); a failure ends it. */
typedef int (*vz_unpack_sink)(void *ctx, const char *data, size_t len, struct vz_err *err);

/* Reads `fd` from its start; the ending of `name` says how it is compressed.
 * Damaged or larger than `limit`: VZ_UNTRUSTED. */
int vz_unpack(int fd, const char *name, uint64_t limit, vz_unpack_sink sink, void *ctx, struct vz_unpacked *ret,
	      struct vz_err *err);

#endif
