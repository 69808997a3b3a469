/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/parcel.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "store/object.h"

#define MAGIC "vzpkg-parcel 1\n"
#define CHUNK (128 << 10)

struct vz_parcel_writer {
	const struct vz_store *store;
	struct vz_blob_writer *to;
	struct vz_verity *verity;
	char *chunk;
	uint64_t n;
	bool begun;
};

struct vz_parcel_writer *vz_parcel_writer_new(const struct vz_store *s, struct vz_blob_writer *to)
{
	struct vz_parcel_writer *w = vz_new(struct vz_parcel_writer);

	w->store = s;
	w->to = to;
	w->verity = vz_verity_new();
	w->chunk = vz_alloc(CHUNK);
	return w;
}

void vz_parcel_writer_free(struct vz_parcel_writer *w)
{
	if (!w)
		return;
	vz_verity_free(w->verity);
	free(w->chunk);
	free(w);
}

static int put_text(struct vz_parcel_writer *w, const char *text, struct vz_err *err)
{
	return vz_blob_writer_add(w->to, text, strlen(text), err);
}

static int begin(struct vz_parcel_writer *w, struct vz_err *err)
{
	if (w->begun)
		return 0;
	w->begun = true;
	return put_text(w, MAGIC, err);
}

static int put_header(struct vz_parcel_writer *w, const char *kind, const char *name, uint64_t size, struct vz_err *err)
{
	auto_free char *line = vz_printf("%s %s %llu\n", kind, name, (unsigned long long)size);

	w->n++;
	return begin(w, err) < 0 ? -1 : put_text(w, line, err);
}

int vz_parcel_add(struct vz_parcel_writer *w, const char *kind, const char *name, const void *data, size_t len,
		  struct vz_err *err)
{
	return put_header(w, kind, name, len, err) < 0 || vz_blob_writer_add(w->to, data, len, err) < 0
		       ? -1 : put_text(w, "\n", err);
}

int vz_parcel_add_object(struct vz_parcel_writer *w, const struct vz_digest *d, uint64_t size, struct vz_err *err)
{
	auto_fd int fd = vz_object_open(w->store, d, err);
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest is;
	uint64_t left = size;
	ssize_t n;

	vz_digest_hex(d, hex);
	if (fd < 0 || put_header(w, "object", hex, size, err) < 0)
		return -1;
	while ((n = read(fd, w->chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vz_err_sys(err, "read object '%s'", hex);
		if ((uint64_t)n > left)
			break;
		left -= (uint64_t)n;
		vz_verity_add(w->verity, w->chunk, (size_t)n);
		if (vz_blob_writer_add(w->to, w->chunk, (size_t)n, err) < 0)
			return -1;
	}
	vz_verity_end(w->verity, &is);
	if (n || left || vz_digest_cmp(&is, d))
		return vz_err_set(err, VZ_DAMAGED, "object '%s' does not have the content that its name says", hex);
	return put_text(w, "\n", err);
}

struct walk {
	struct vz_parcel_writer *w;
	struct vz_table seen;
	struct vz_err *err;
};

static int add_node(struct vz_node *n, void *ctx)
{
	struct walk *k = ctx;
	char hex[VZ_HEX_LEN + 1];

	if (n->link || !vz_node_is_file(n) || !n->has_digest || n->content)
		return 0;
	vz_digest_hex(&n->digest, hex);
	if (vz_table_has(&k->seen, hex))
		return 0;
	vz_table_put(&k->seen, hex, NULL);
	return vz_parcel_add_object(k->w, &n->digest, n->size, k->err);
}

int vz_parcel_add_package(struct vz_parcel_writer *w, const char *digest, struct vz_err *err)
{
	auto_record struct vz_record *r = vz_record_read(w->store, digest, err);
	struct walk walk = { .w = w, .err = err };
	auto_buf struct vz_buf text = {0};
	int rc;

	if (!r)
		return -1;
	vz_record_format(r, &text);
	rc = vz_parcel_add(w, "record", digest, text.data, text.len, err);
	if (rc == 0)
		rc = vz_node_walk(r->tree->root, add_node, &walk);
	vz_table_release(&walk.seen);
	return rc;
}

int vz_parcel_end(struct vz_parcel_writer *w, struct vz_err *err)
{
	auto_free char *line = vz_printf("end %llu\n", (unsigned long long)w->n);

	return begin(w, err) < 0 ? -1 : put_text(w, line, err);
}
