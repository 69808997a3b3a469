/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/record.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "store/dump.h"

#define MAGIC "vzpkg-record 1\n"
#define MAX_RECORD ((size_t)1 << 30)
#define MAX_MEMBERS 64
#define END_LEN (4 + VZ_HEX_LEN + 1)     /* "end HEX\n" */

struct vz_record *vz_record_new(const char *family)
{
	struct vz_record *r = vz_new(struct vz_record);

	r->family = vz_strdup(family);
	return r;
}

void vz_record_free(struct vz_record *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_members; i++) {
		free(r->members[i].name);
		free(r->members[i].data);
	}
	free(r->members);
	vz_tree_free(r->tree);
	free(r->family);
	free(r);
}

void vz_record_add(struct vz_record *r, const char *name, const void *data, size_t len)
{
	struct vz_record_member *m;

	r->members = vz_realloc(r->members, r->n_members + 1, sizeof *r->members);
	m = &r->members[r->n_members++];
	m->name = vz_strdup(name);
	m->data = vz_memdup(data, len);
	m->len = len;
}

const struct vz_record_member *vz_record_member(const struct vz_record *r, const char *name)
{
	for (size_t i = 0; i < r->n_members; i++)
		if (!strcmp(r->members[i].name, name))
			return &r->members[i];
	return NULL;
}

static void end_line(const char *data, size_t len, char ret[END_LEN + 1])
{
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest d;

	vz_sha256(data, len, &d);
	vz_digest_hex(&d, hex);
	snprintf(ret, END_LEN + 1, "end %s\n", hex);
}

void vz_record_format(const struct vz_record *r, struct vz_buf *ret)
{
	auto_buf struct vz_buf dump = {0};
	char end[END_LEN + 1];
	size_t start = ret->len;

	vz_buf_printf(ret, MAGIC "family %s\nsize %llu\n", r->family, (unsigned long long)r->size);
	for (size_t i = 0; i < r->n_members; i++) {
		vz_buf_printf(ret, "member %s %zu\n", r->members[i].name, r->members[i].len);
		vz_buf_add(ret, r->members[i].data, r->members[i].len);
		vz_buf_putc(ret, '\n');
	}
	vz_dump_write(r->tree, &dump);
	vz_buf_printf(ret, "tree %zu\n", dump.len);
	vz_buf_add(ret, dump.data, dump.len);
	vz_buf_putc(ret, '\n');
	end_line(ret->data + start, ret->len - start, end);
	vz_buf_puts(ret, end);
}

/* What is left to parse. */
struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len))
		return false;
	c->at += len;
	return true;
}

/* Digits up to a newline, as they are written: no sign, no leading zero. */
static bool take_number(struct cursor *c, uint64_t *ret)
{
	const char *start = c->at;
	uint64_t v = 0;

	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *c->at - '0', &v))
			return false;
	*ret = v;
	return c->at > start && (*start != '0' || c->at == start + 1) && take(c, "\n");
}

/* A word of lower-case letters, digits and "+-._", then `stop`. To be freed. */
static char *take_word(struct cursor *c, char stop)
{
	const char *start = c->at;

	while (c->at < c->end && *c->at && strchr("abcdefghijklmnopqrstuvwxyz0123456789+-._", *c->at))
		c->at++;
	if (c->at == start || c->at - start > 64 || c->at == c->end || *c->at != stop)
		return NULL;
	return vz_strndup(start, (size_t)(c->at++ - start));
}

/* "LENGTH\nBYTES\n" */
static const char *take_bytes(struct cursor *c, size_t *ret_len)
{
	const char *bytes;
	uint64_t len;

	if (!take_number(c, &len) || len >= (uint64_t)(c->end - c->at))
		return NULL;
	bytes = c->at;
	c->at += len;
	*ret_len = len;
	return take(c, "\n") ? bytes : NULL;
}

static bool take_member(struct cursor *c, struct vz_record *r)
{
	auto_free char *name = take_word(c, ' ');
	size_t len;
	const char *bytes = name ? take_bytes(c, &len) : NULL;

	if (!bytes || r->n_members >= MAX_MEMBERS || vz_record_member(r, name))
		return false;
	vz_record_add(r, name, bytes, len);
	return true;
}

/* All between the magic and the end line; false: malformed, without a message; a
 * bad tree has one. */
static bool take_body(struct cursor *c, struct vz_record *r, struct vz_err *err)
{
	const char *dump;
	size_t len;

	if (!take(c, "family ") || !(r->family = take_word(c, '\n')) || !take(c, "size ") || !take_number(c, &r->size))
		return false;
	while (take(c, "member "))
		if (!take_member(c, r))
			return false;
	if (!take(c, "tree ") || !(dump = take_bytes(c, &len)) || c->at != c->end)
		return false;
	r->tree = vz_dump_read(dump, len, err);
	return r->tree != NULL;
}

struct vz_record *vz_record_parse(const char *data, size_t len, struct vz_err *err)
{
	auto_record struct vz_record *r = vz_new(struct vz_record);
	char end[END_LEN + 1];
	struct cursor c = { data, data + len };
	struct vz_err why = {0};

	if (len < strlen(MAGIC) + END_LEN || !take(&c, MAGIC)) {
		vz_err_set(err, VZ_DAMAGED, "not a package record of version 1");
		return NULL;
	}
	c.end -= END_LEN;
	end_line(data, len - END_LEN, end);
	if (memcmp(end, c.end, END_LEN)) {
		vz_err_set(err, VZ_DAMAGED, "the record's checksum is wrong");
		return NULL;
	}
	if (!take_body(&c, r, &why)) {
		vz_err_set(err, VZ_DAMAGED, "the record is malformed%s%s", *why.msg ? ": " : "", why.msg);
		return NULL;
	}
	return steal(&r);
}

static bool is_key(const char *digest)
{
	return vz_hash_algo(digest) != NULL;
}

bool vz_record_has(const struct vz_store *s, const char *digest)
{
	auto_free char *path = vz_printf("packages/%s", digest);

	return is_key(digest) && faccessat(vz_store_fd(s), path, F_OK, 0) == 0;
}

struct vz_record *vz_record_read(const struct vz_store *s, const char *digest, struct vz_err *err)
{
	auto_free char *path = vz_printf("packages/%s", digest);
	auto_buf struct vz_buf text = {0};
	struct vz_record *r;

	if (!is_key(digest)) {
		vz_err_set(err, VZ_FAILED, "'%s' is not a digest of a package", digest);
		return NULL;
	}
	if (vz_read_file(vz_store_fd(s), path, MAX_RECORD, &text, err) < 0)
		return NULL;
	r = vz_record_parse(text.data, text.len, err);
	if (!r)
		vz_err_wrap(err, "package record '%s'", digest);
	return r;
}

int vz_record_put(struct vz_store *s, const char *digest, const struct vz_record *r, struct vz_err *err)
{
	auto_fd int dir = vz_open_dir(vz_store_fd(s), "packages", err), fd = -1;
	auto_buf struct vz_buf text = {0};

	if (dir < 0)
		return -1;
	if (!is_key(digest))
		return vz_err_set(err, VZ_FAILED, "'%s' is not a digest of a package", digest);
	vz_record_format(r, &text);
	fd = vz_store_begin_file(s, dir, err);
	if (fd < 0 || vz_write_fd(fd, text.data, text.len, err) < 0)
		return vz_err_wrap(err, "package record");
	return vz_store_end_file(s, &fd, dir, digest, VZ_STORE_PLAIN, NULL, err);
}
