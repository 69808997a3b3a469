/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/parcel.h"

#include <string.h>

#include "base/proc.h"
#include "store/object.h"

#define CHUNK ((size_t)128 << 10)
#define LINE_MAX_LEN (VZ_PARCEL_KIND_MAX + VZ_PARCEL_NAME_MAX + 32)
#define MAX_RECORD ((size_t)1 << 30)

struct vz_parcel_reader {
	struct vz_blob_reader *from;
	char *buf;
	size_t at, have;
	bool begun, ended, in_item;
	uint64_t left, n;
};

struct vz_parcel_reader *vz_parcel_reader_new(struct vz_blob_reader *from)
{
	struct vz_parcel_reader *r = vz_new(struct vz_parcel_reader);

	r->from = from;
	r->buf = vz_alloc(CHUNK);
	return r;
}

void vz_parcel_reader_free(struct vz_parcel_reader *r)
{
	if (!r)
		return;
	free(r->buf);
	free(r);
}

static int malformed(struct vz_err *err)
{
	return vz_err_set(err, VZ_UNTRUSTED, "a parcel is malformed");
}

/* At least one byte in the buffer; none: it breaks off. */
static int fill(struct vz_parcel_reader *r, struct vz_err *err)
{
	ptrdiff_t n;

	if (r->at < r->have)
		return 0;
	n = vz_blob_reader_read(r->from, r->buf, CHUNK, err);
	if (n <= 0)
		return n < 0 ? -1 : vz_err_set(err, VZ_UNTRUSTED, "a parcel breaks off");
	r->at = 0;
	r->have = (size_t)n;
	return 0;
}

/* A line, without its newline, as a string. */
static int get_line(struct vz_parcel_reader *r, char ret[LINE_MAX_LEN + 1], struct vz_err *err)
{
	for (size_t len = 0; len <= LINE_MAX_LEN; len++) {
		if (fill(r, err) < 0)
			return -1;
		ret[len] = r->buf[r->at++];
		if (ret[len] == '\n') {
			ret[len] = 0;
			return strlen(ret) == len ? 0 : malformed(err);
		}
	}
	return malformed(err);
}

static bool get_number(const char *s, uint64_t *ret)
{
	const char *start = s;
	uint64_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (unsigned)(*s - '0'), &v))
			return false;
	*ret = v;
	return s > start && !*s && (*start != '0' || !start[1]);
}

static bool get_item(char *line, struct vz_parcel_item *ret)
{
	char *name = strchr(line, ' '), *size = name ? strchr(name + 1, ' ') : NULL;

	if (!size || name == line || size == name + 1 || name - line > VZ_PARCEL_KIND_MAX || size - name - 1 > VZ_PARCEL_NAME_MAX)
		return false;
	*name++ = *size++ = 0;
	for (const char *p = line; *p; p++)
		if (*p < 'a' || *p > 'z')
			return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	memcpy(ret->kind, line, strlen(line) + 1);
	memcpy(ret->name, name, strlen(name) + 1);
	return get_number(size, &ret->size);
}

static int skip_item(struct vz_parcel_reader *r, struct vz_err *err)
{
	const void *bytes;
	ptrdiff_t n;

	while ((n = vz_parcel_data(r, &bytes, err)) > 0)
		;
	return (int)n;
}

/* "end N": nothing may follow. */
static int get_end(struct vz_parcel_reader *r, const char *number, struct vz_err *err)
{
	char unused[VZ_HEX_LEN + 1];
	uint64_t n;

	if (!get_number(number, &n) || n != r->n || r->at < r->have)
		return malformed(err);
	r->ended = true;
	return vz_blob_reader_end(r->from, unused, err);
}

int vz_parcel_next(struct vz_parcel_reader *r, struct vz_parcel_item *ret, struct vz_err *err)
{
	char line[LINE_MAX_LEN + 1];

	if (r->ended)
		return 0;
	if (!r->begun) {
		if (get_line(r, line, err) < 0)
			return -1;
		if (strcmp(line, "vzpkg-parcel 1") != 0)
			return vz_err_set(err, VZ_UNTRUSTED, "not a parcel of version 1");
		r->begun = true;
	}
	if (skip_item(r, err) < 0 || vz_interrupted(err) < 0 || get_line(r, line, err) < 0)
		return -1;
	if (strncmp(line, "end ", 4) == 0 && !strchr(line + 4, ' '))
		return get_end(r, line + 4, err);
	if (!get_item(line, ret))
		return malformed(err);
	r->n++;
	r->left = ret->size;
	r->in_item = true;
	return 1;
}

ptrdiff_t vz_parcel_data(struct vz_parcel_reader *r, const void **ret, struct vz_err *err)
{
	size_t n;

	if (!r->in_item)
		return 0;
	if (fill(r, err) < 0)
		return -1;
	if (!r->left) {
		r->in_item = false;
		return r->buf[r->at++] == '\n' ? 0 : malformed(err);
	}
	n = r->have - r->at < r->left ? r->have - r->at : (size_t)r->left;
	*ret = r->buf + r->at;
	r->at += n;
	r->left -= n;
	return (ptrdiff_t)n;
}

int vz_parcel_text(struct vz_parcel_reader *r, size_t limit, struct vz_buf *ret, struct vz_err *err)
{
	const void *bytes;
	ptrdiff_t n;

	if (r->left > limit)
		return vz_err_set(err, VZ_UNTRUSTED, "an item of a parcel is larger than %zu bytes", limit);
	while ((n = vz_parcel_data(r, &bytes, err)) > 0)
		vz_buf_add(ret, bytes, (size_t)n);
	return (int)n;
}

/*
 * Into the store.
 */

struct taking {
	struct vz_parcel_take *t;
	struct vz_parcel_reader *in;
	struct vz_object_writer *writer;
	struct vz_buf record;                /* text of the one that is to be kept */
	struct vz_err *err;
};

/* What would be taken, as far as its name. */
static int see_object(struct taking *k, const struct vz_parcel_item *item, struct vz_digest *ret)
{
	struct vz_verity *hash = vz_verity_new();
	const void *bytes;
	ptrdiff_t n;

	while ((n = vz_parcel_data(k->in, &bytes, k->err)) > 0)
		vz_verity_add(hash, bytes, (size_t)n);
	vz_verity_end(hash, ret);
	vz_verity_free(hash);
	if (n == 0 && !vz_table_has(k->t->seen, item->name)) {
		vz_table_put(k->t->seen, item->name, NULL);
		k->t->new_bytes += item->size;
	}
	return (int)n;
}

static int put_object(struct taking *k, struct vz_digest *ret)
{
	const void *bytes, *inlined;
	uint64_t got;
	ptrdiff_t n;

	while ((n = vz_parcel_data(k->in, &bytes, k->err)) > 0)
		if (vz_object_writer_add(k->writer, bytes, (size_t)n, k->err) < 0)
			return -1;
	if (n < 0 || vz_object_writer_end(k->writer, ret, &got, &inlined, k->err) < 0)
		return -1;
	/* images that others made have objects of any size */
	return inlined ? vz_object_put(k->t->store, inlined, got, ret, NULL, k->err) : 0;
}

static int take_object(struct taking *k, const struct vz_parcel_item *item)
{
	const uint64_t *size = k->t->wanted ? vz_table_get(k->t->wanted, item->name) : &item->size;
	struct vz_digest want, is;

	if (!vz_digest_parse(item->name, &want))
		return malformed(k->err);
	if (!size || vz_object_has(k->t->store, &want))
		return 0;
	if (*size != item->size)
		return vz_err_set(k->err, VZ_UNTRUSTED, "object '%s' has another size than the tree says", item->name);
	if ((k->t->seen ? see_object(k, item, &is) : put_object(k, &is)) < 0)
		return -1;
	if (vz_digest_cmp(&is, &want))
		return vz_err_set(k->err, VZ_UNTRUSTED, "object '%s' has another content than its name says", item->name);
	return 0;
}

static int has_objects(struct vz_node *n, void *ctx)
{
	const struct taking *k = ctx;

	if (n->link || !vz_node_is_file(n) || !n->size || n->content)
		return 0;
	return n->has_digest && vz_object_has(k->t->store, &n->digest) ? 0 : -1;
}

/* Last, when its objects are there. */
static int keep_record(struct taking *k)
{
	auto_record struct vz_record *r = NULL;

	if (!k->record.len)
		return 0;
	r = vz_record_parse(k->record.data, k->record.len, k->err);
	if (!r) {
		k->err->code = VZ_UNTRUSTED;
		return -1;
	}
	if (vz_node_walk(r->tree->root, has_objects, k) < 0)
		return vz_err_set(k->err, VZ_UNTRUSTED, "the parcel of package '%s' lacks a content of its record", k->t->record);
	return vz_record_put(k->t->store, k->t->record, r, k->err);
}

static int take_items(struct taking *k)
{
	struct vz_parcel_item item;
	int r;

	while ((r = vz_parcel_next(k->in, &item, k->err)) > 0) {
		int rc = 0;

		if (strcmp(item.kind, "object") == 0)
			rc = take_object(k, &item);
		else if (strcmp(item.kind, "record") == 0 && k->t->record && strcmp(item.name, k->t->record) == 0 && !k->record.len)
			rc = vz_parcel_text(k->in, MAX_RECORD, &k->record, k->err);
		else if (k->t->other)
			rc = k->t->other(k->t->ctx, k->in, &item, k->err);
		if (rc < 0)
			return -1;
	}
	return r < 0 ? -1 : keep_record(k);
}

int vz_parcel_take(struct vz_parcel_take *t, struct vz_blob_reader *from, struct vz_err *err)
{
	auto_parcel_reader struct vz_parcel_reader *in = vz_parcel_reader_new(from);
	auto_object_writer struct vz_object_writer *writer = vz_object_writer_new(t->store);
	struct taking k = { .t = t, .in = in, .writer = writer, .err = err };
	int rc;

	t->new_bytes = 0;
	rc = take_items(&k);
	t->new_bytes += vz_object_writer_new_bytes(writer);
	vz_buf_release(&k.record);
	return rc;
}
