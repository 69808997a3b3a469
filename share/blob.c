/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/blob.h"

#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/proc.h"

#define ROOM ((size_t)256 << 10)

struct vz_blob_writer {
	int fd;
	struct vz_packer *packer;
	struct vz_hash *content, *file;
	uint64_t content_size, size;
	struct vz_buf gathered;          /* content in small pieces, not handed to the packer yet */
	struct vz_buf out;               /* packed, not in the file yet */
};

static int flush(struct vz_blob_writer *w, struct vz_err *err)
{
	if (vz_write_fd(w->fd, w->out.data, w->out.len, err) < 0)
		return -1;
	vz_buf_clear(&w->out);
	return 0;
}

static int on_packed(void *ctx, const void *data, size_t len, struct vz_err *err)
{
	struct vz_blob_writer *w = ctx;

	vz_hash_add(w->file, data, len);
	w->size += len;
	vz_buf_add(&w->out, data, len);
	return w->out.len >= ROOM ? flush(w, err) : 0;
}

struct vz_blob_writer *vz_blob_writer_new(int fd, enum vz_packing packing, enum vz_pack_width width)
{
	struct vz_blob_writer *w = vz_new(struct vz_blob_writer);

	w->fd = fd;
	w->packer = vz_packer_new(packing, width, on_packed, w);
	w->content = vz_hash_new("SHA256");
	w->file = vz_hash_new("SHA256");
	return w;
}

static int hand_on(struct vz_blob_writer *w, const void *data, size_t len, struct vz_err *err)
{
	vz_hash_add(w->content, data, len);
	w->content_size += len;
	return vz_packer_add(w->packer, data, len, err);
}

static int hand_on_gathered(struct vz_blob_writer *w, struct vz_err *err)
{
	if (!w->gathered.len)
		return 0;
	if (vz_interrupted(err) < 0 || hand_on(w, w->gathered.data, w->gathered.len, err) < 0)
		return -1;
	vz_buf_clear(&w->gathered);
	return 0;
}

int vz_blob_writer_add(struct vz_blob_writer *w, const void *data, size_t len, struct vz_err *err)
{
	if (w->gathered.len + len > ROOM && hand_on_gathered(w, err) < 0)
		return -1;
	if (len >= ROOM)
		return hand_on(w, data, len, err);
	vz_buf_add(&w->gathered, data, len);
	return 0;
}

int vz_blob_writer_end(struct vz_blob_writer *w, struct vz_blob *ret, struct vz_err *err)
{
	char hex[VZ_HASH_MAX];

	if (hand_on_gathered(w, err) < 0 || vz_packer_end(w->packer, err) < 0 || flush(w, err) < 0)
		return -1;
	vz_hash_end_hex(w->file, hex);
	memcpy(ret->digest, hex, sizeof ret->digest);
	vz_hash_end_hex(w->content, hex);
	memcpy(ret->content_digest, hex, sizeof ret->content_digest);
	ret->size = w->size;
	ret->content_size = w->content_size;
	return 0;
}

void vz_blob_writer_free(struct vz_blob_writer *w)
{
	if (!w)
		return;
	vz_packer_free(w->packer);
	vz_hash_free(w->content);
	vz_hash_free(w->file);
	vz_buf_release(&w->gathered);
	vz_buf_release(&w->out);
	free(w);
}
