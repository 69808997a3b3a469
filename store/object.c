/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/object.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "store/tree.h"

#define IN_MEMORY (1 << 20)
#define BLOCK 4096

void vz_object_path(const struct vz_digest *d, char ret[VZ_HEX_LEN + 2])
{
	char hex[VZ_HEX_LEN + 1];

	vz_digest_hex(d, hex);
	memcpy(ret, hex, 2);
	ret[2] = '/';
	memcpy(ret + 3, hex + 2, VZ_HEX_LEN - 1);
}

bool vz_object_has(const struct vz_store *s, const struct vz_digest *d)
{
	char path[VZ_HEX_LEN + 2];

	vz_object_path(d, path);
	return faccessat(vz_store_objects_fd(s), path, F_OK, 0) == 0;
}

int vz_object_open(const struct vz_store *s, const struct vz_digest *d, struct vz_err *err)
{
	char path[VZ_HEX_LEN + 2];
	int fd;

	vz_object_path(d, path);
	fd = vz_open(vz_store_objects_fd(s), path, O_RDONLY, 0, err);
	if (fd < 0) {
		if (err->code == VZ_NOTFOUND)
			err->code = VZ_DAMAGED;
		return vz_err_wrap(err, "object");
	}
	return fd;
}

static int end_object(struct vz_store *s, int *fd, const struct vz_digest *d, bool *ret_new, struct vz_err *err)
{
	char path[VZ_HEX_LEN + 2];

	vz_object_path(d, path);
	return vz_store_end_file(s, fd, vz_store_objects_fd(s), path, VZ_STORE_SEALED, ret_new, err);
}

static bool is_zero(const char *p, size_t len)
{
	return !*p && memcmp(p, p + 1, len - 1) == 0;
}

/* Length of the run of blocks at `p` that are all zeros, or are not; what is less than a block is not. */
static size_t run_length(const char *p, size_t len, bool zeros)
{
	size_t n = 0;

	while (n < len && (len - n >= BLOCK && is_zero(p + n, BLOCK)) == zeros)
		n += len - n < BLOCK ? len - n : BLOCK;
	return n;
}

/* At the file's end, which is at a multiple of BLOCK. */
static int write_sparse(int fd, const char *p, size_t len, struct vz_err *err)
{
	off_t end = 0;

	while (len) {
		size_t hole = run_length(p, len, true), bytes;

		if (hole && (end = lseek(fd, (off_t)hole, SEEK_CUR)) < 0)
			return vz_err_sys(err, "seek");
		p += hole;
		len -= hole;
		bytes = run_length(p, len, false);
		if (bytes && vz_write_fd(fd, p, bytes, err) < 0)
			return -1;
		p += bytes;
		len -= bytes;
		end = bytes ? 0 : end;
	}
	return end && ftruncate(fd, end) < 0 ? vz_err_sys(err, "make a hole") : 0;
}

static int put_as(struct vz_store *s, const struct vz_digest *d, const void *data, size_t len, bool *ret_new,
		  struct vz_err *err)
{
	auto_fd int fd = -1;

	if (vz_object_has(s, d)) {
		*ret_new = false;
		return 0;
	}
	fd = vz_store_begin_file(s, vz_store_objects_fd(s), err);
	if (fd < 0)
		return -1;
	if (write_sparse(fd, data, len, err) < 0)
		return vz_err_wrap(err, "object");
	return end_object(s, &fd, d, ret_new, err);
}

int vz_object_put(struct vz_store *s, const void *data, size_t len, struct vz_digest *ret, bool *ret_new,
		  struct vz_err *err)
{
	bool new;

	vz_verity_bytes(data, len, ret);
	return put_as(s, ret, data, len, ret_new ? ret_new : &new, err);
}

struct vz_object_writer {
	struct vz_store *store;
	struct vz_verity *verity;
	struct vz_buf buf;           /* what is not in `fd` yet */
	int fd;                      /* -1 until the content is too long for memory */
	uint64_t size, new_bytes;
};

struct vz_object_writer *vz_object_writer_new(struct vz_store *s)
{
	struct vz_object_writer *w = vz_new(struct vz_object_writer);

	w->store = s;
	w->verity = vz_verity_new();
	w->fd = -1;
	vz_buf_reserve(&w->buf, IN_MEMORY);
	return w;
}

static int spill(struct vz_object_writer *w, struct vz_err *err)
{
	if (w->fd < 0)
		w->fd = vz_store_begin_file(w->store, vz_store_objects_fd(w->store), err);
	if (w->fd < 0)
		return -1;
	if (write_sparse(w->fd, w->buf.data, w->buf.len, err) < 0)
		return vz_err_wrap(err, "object");
	vz_buf_clear(&w->buf);
	return 0;
}

int vz_object_writer_add(struct vz_object_writer *w, const void *data, size_t len, struct vz_err *err)
{
	const char *p = data;

	vz_verity_add(w->verity, data, len);
	w->size += len;
	while (len) {
		size_t room = IN_MEMORY - w->buf.len, n = len < room ? len : room;

		if (!room) {
			if (spill(w, err) < 0)
				return -1;
			continue;
		}
		vz_buf_add(&w->buf, p, n);
		p += n;
		len -= n;
	}
	return 0;
}

int vz_object_writer_end(struct vz_object_writer *w, struct vz_digest *ret, uint64_t *ret_size,
			 const void **ret_inline, struct vz_err *err)
{
	auto_fd int fd = -1;
	uint64_t size = w->size;
	bool new = false;
	int r = 0;

	vz_verity_end(w->verity, ret);
	if (w->fd >= 0)
		r = spill(w, err);
	fd = steal_fd(&w->fd);
	w->size = w->buf.len = 0;
	if (r < 0)
		return -1;
	*ret_size = size;
	*ret_inline = NULL;
	if (size <= VZ_INLINE_MAX) {
		*ret_inline = w->buf.data;
		return 0;
	}
	r = fd >= 0 ? end_object(w->store, &fd, ret, &new, err) : put_as(w->store, ret, w->buf.data, size, &new, err);
	if (new)
		w->new_bytes += size;
	return r;
}

void vz_object_writer_free(struct vz_object_writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	vz_verity_free(w->verity);
	vz_buf_release(&w->buf);
	free(w);
}

uint64_t vz_object_writer_new_bytes(const struct vz_object_writer *w)
{
	return w->new_bytes;
}

int vz_object_put_fd(struct vz_store *s, int fd, struct vz_digest *ret, uint64_t *ret_size, bool *ret_new,
		     struct vz_err *err)
{
	auto_object_writer struct vz_object_writer *w = vz_object_writer_new(s);
	auto_free char *chunk = vz_alloc(1 << 17);
	const void *inlined;
	ssize_t n;

	while ((n = read(fd, chunk, 1 << 17)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read");
		if (vz_object_writer_add(w, chunk, (size_t)n, err) < 0)
			return -1;
	}
	if (vz_object_writer_end(w, ret, ret_size, &inlined, err) < 0)
		return -1;
	if (inlined && put_as(s, ret, inlined, *ret_size, &(bool){ false }, err) < 0)
		return -1;
	if (ret_new)
		*ret_new = w->new_bytes > 0;
	return 0;
}
