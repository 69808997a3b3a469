/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compression of a stream: gzip, zstd, or none.
 *
 *     p = vz_packer_new(packing, workers, sink, ctx);
 *     while (…) vz_packer_add(p, data, len, err);
 *     vz_packer_end(p, err);
 *     vz_packer_free(p);
 *
 * The same content gives the same bytes on any number of processors, with the
 * same version of the library: gzip compresses pieces of a fixed size side by
 * side, each with the end of the one before as its dictionary, and joins them
 * to one stream without a time or a name in its head; zstd's own workers split
 * by size too.  What is written reaches `sink` in order, on the caller's thread.
 */
#ifndef SHARE_PACK_H
#define SHARE_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/err.h"

enum vz_packing { VZ_PACKING_NONE, VZ_PACKING_GZIP, VZ_PACKING_ZSTD };
/* Several processors for one stream, or one: zstd's bytes differ between the two. */
enum vz_pack_width { VZ_PACK_NARROW, VZ_PACK_WIDE };

/* "none", "gzip", "zstd" */
const char *vz_packing_name(enum vz_packing p);
/* By such a name. VZ_USAGE. */
int vz_packing_parse(const char *name, enum vz_packing *ret, struct vz_err *err);
/* By the ending of a file's name: ".gz", ".tgz", ".zst"; anything else is none. */
enum vz_packing vz_packing_of_file(const char *path);

typedef int (*vz_pack_sink)(void *ctx, const void *data, size_t len, struct vz_err *err);

struct vz_packer;
struct vz_packer *vz_packer_new(enum vz_packing packing, enum vz_pack_width width, vz_pack_sink sink, void *ctx);
int vz_packer_add(struct vz_packer *p, const void *data, size_t len, struct vz_err *err);
/* Nothing may be added after. */
int vz_packer_end(struct vz_packer *p, struct vz_err *err);
void vz_packer_free(struct vz_packer *p);

/* What stands behind: pack_gzip.c, pack_zstd.c. */
struct vz_packer_ops {
	const char *name;
	void *(*new)(enum vz_pack_width width);
	int (*add)(void *state, const void *data, size_t len, vz_pack_sink sink, void *ctx, struct vz_err *err);
	int (*end)(void *state, vz_pack_sink sink, void *ctx, struct vz_err *err);
	void (*free)(void *state);
};
extern const struct vz_packer_ops vz_packer_gzip, vz_packer_zstd;

/* The way back, for share/blob_read.c. */
struct vz_unpacker_ops {
	const char *magic;
	size_t magic_len;
	void *(*new)(void);
	/* Takes from in[*from..to) and writes at most `*len` bytes to `out`, then says how many. `ended`: a whole stream
	 * was read, and nothing of a next one. VZ_UNTRUSTED. */
	int (*step)(void *state, const char *in, size_t *from, size_t to, char *out, size_t *len, bool *ended,
		    struct vz_err *err);
	void (*free)(void *state);
};
extern const struct vz_unpacker_ops vz_unpacker_gzip, vz_unpacker_zstd;

#endif
