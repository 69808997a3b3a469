/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tar.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "store/tar_pax.h"

#define BLOCK 512
#define CHUNK (128 * 1024)
#define NAME_MAX_LEN 4096        /* of long names and targets: what a path may be */

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[8], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct vz_tar {
	vz_tar_source source;
	void *ctx;
	char *buf;
	size_t have, at;         /* buf[at..have) is not consumed */
	bool ended;              /* the source has */
	bool allow_pax;
	uint64_t filled;         /* bytes that came, up to buf[have] */
	uint64_t left, pad;      /* of the current entry: data, then fill up to a block */
	char name[NAME_MAX_LEN + 1], link[NAME_MAX_LEN + 1];
	struct vz_pax pax;       /* of the current entry */
};

struct vz_tar *vz_tar_new(vz_tar_source source, void *ctx)
{
	struct vz_tar *t = vz_new(struct vz_tar);

	t->source = source;
	t->ctx = ctx;
	t->buf = vz_alloc(CHUNK);
	return t;
}

void vz_tar_free(struct vz_tar *t)
{
	if (!t)
		return;
	vz_pax_release(&t->pax);
	free(t->buf);
	free(t);
}

void vz_tar_allow_pax(struct vz_tar *t)
{
	t->allow_pax = true;
}

/* Fills an empty buffer. */
static int fill(struct vz_tar *t, struct vz_err *err)
{
	ptrdiff_t n;

	if (t->at < t->have || t->ended)
		return 0;
	n = t->source(t->ctx, t->buf, CHUNK, err);
	if (n < 0)
		return -1;
	t->at = 0;
	t->have = (size_t)n;
	t->filled += t->have;
	t->ended = t->have < CHUNK;
	return 0;
}

/* Blocks never straddle two fills, because CHUNK is a multiple of their size. */
static const char *next_block(struct vz_tar *t, struct vz_err *err)
{
	const char *block;

	if (fill(t, err) < 0)
		return NULL;
	if (t->have - t->at < BLOCK) {
		vz_err_set(err, VZ_FAILED, "tar: ends without an end mark");
		return NULL;
	}
	block = t->buf + t->at;
	t->at += BLOCK;
	return block;
}

/* Octal text, or GNU's base-256 (first bit set), which may be negative. */
static int number(const char *field, size_t len, int64_t min, int64_t max, int64_t *ret, struct vz_err *err)
{
	const unsigned char *p = (const unsigned char *)field, *end = p + len;
	int64_t v = 0;
	bool good = true;

	if (*p & 0x80) {
		v = *p & 0x40 ? (int64_t)(*p | ~0xffull) : *p & 0x3f;
		for (p++; p < end; p++)
			good = good && !__builtin_mul_overflow(v, 256, &v) && !__builtin_add_overflow(v, *p, &v);
	} else {
		while (p < end && *p == ' ')
			p++;
		for (; p < end && *p >= '0' && *p <= '7'; p++)
			v = v << 3 | (*p - '0');           /* 12 digits at most */
		good = p == end || *p == 0 || *p == ' ';
	}
	if (!good || v < min || v > max)
		return vz_err_set(err, VZ_FAILED, "tar: a header has a bad number");
	*ret = v;
	return 0;
}

static int check_sum(const struct header *h, struct vz_err *err)
{
	const unsigned char *p = (const unsigned char *)h;
	int64_t want, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += p[i];
	for (size_t i = 0; i < sizeof h->checksum; i++)
		sum += ' ' - (unsigned char)h->checksum[i];
	if (number(h->checksum, sizeof h->checksum, 0, INT32_MAX, &want, err) < 0)
		return -1;
	return sum == want ? 0 : vz_err_set(err, VZ_FAILED, "tar: a header's checksum is wrong");
}

static int skip_data(struct vz_tar *t, struct vz_err *err)
{
	const void *bytes;
	ptrdiff_t n;

	while ((n = vz_tar_data(t, &bytes, err)) > 0)
		;
	return (int)n;
}

/* The data of a special entry, at most `max` bytes, are added to `ret`. */
static int read_special(struct vz_tar *t, const struct header *h, int64_t max, struct vz_buf *ret, struct vz_err *err)
{
	int64_t size;
	const void *bytes;
	ptrdiff_t n;

	if (number(h->size, sizeof h->size, 1, INT64_MAX, &size, err) < 0)
		return -1;
	if (size > max)
		return vz_err_set(err, VZ_FAILED, "tar: a name or header is longer than %lld bytes", (long long)max);
	t->left = (uint64_t)size;
	t->pad = -t->left % BLOCK;
	while ((n = vz_tar_data(t, &bytes, err)) > 0)
		vz_buf_add(ret, bytes, (size_t)n);
	return n < 0 ? -1 : 0;
}

/* A GNU long name or target. */
static int read_long(struct vz_tar *t, const struct header *h, char *ret, struct vz_err *err)
{
	auto_buf struct vz_buf name = {0};

	if (read_special(t, h, NAME_MAX_LEN, &name, err) < 0)
		return -1;
	/* one NUL ends it; bytes behind would be seen by some readers only */
	if (strlen(name.data) + 1 < name.len)
		return vz_err_set(err, VZ_FAILED, "tar: a name has a NUL byte");
	memcpy(ret, name.data, strlen(name.data) + 1);
	return 0;
}

static int read_pax(struct vz_tar *t, const struct header *h, struct vz_err *err)
{
	struct vz_pax global = {0};
	auto_buf struct vz_buf text = {0};
	int rc = read_special(t, h, VZ_PAX_MAX, &text, err);

	if (rc < 0 || h->type == 'x')
		return rc < 0 ? -1 : vz_pax_read(text.data, text.len, &t->pax, err);
	rc = vz_pax_read(text.data, text.len, &global, err);
	if (rc == 0 && !vz_pax_is_empty(&global))
		rc = vz_err_set(err, VZ_FAILED, "tar: a global pax header says something of all entries");
	vz_pax_release(&global);
	return rc;
}

/* A field of fixed width, into a string; zeros fill what the text leaves. */
static int field_text(const char *field, size_t len, char *ret, struct vz_err *err)
{
	size_t n = strnlen(field, len);

	for (size_t i = n; i < len; i++)
		if (field[i])
			return vz_err_set(err, VZ_FAILED, "tar: a name has a NUL byte");
	memcpy(ret, field, n);
	ret[n] = 0;
	return 0;
}

static int short_name(const struct header *h, char *ret, struct vz_err *err)
{
	size_t n = 0;

	if (!memcmp(h->magic, "ustar\0", 6) && h->prefix[0]) {
		if (field_text(h->prefix, sizeof h->prefix, ret, err) < 0)
			return -1;
		n = strlen(ret);
		ret[n++] = '/';
	}
	return field_text(h->name, sizeof h->name, ret + n, err);
}

static int set_type(const struct header *h, struct vz_tar_entry *e, struct vz_err *err)
{
	static const struct { char type; uint32_t mode; } types[] = {
		{ 0, S_IFREG },   { '0', S_IFREG }, { '1', S_IFREG }, { '2', S_IFLNK },
		{ '3', S_IFCHR }, { '4', S_IFBLK }, { '5', S_IFDIR }, { '6', S_IFIFO },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].type != h->type)
			continue;
		e->mode |= types[i].mode;
		e->hard_link = h->type == '1';
		/* v7 knows no directories */
		if (S_ISREG(e->mode) && !e->hard_link && *e->name && e->name[strlen(e->name) - 1] == '/')
			e->mode ^= S_IFREG ^ S_IFDIR;
		return 0;
	}
	return vz_err_set(err, VZ_FAILED, "tar: '%s' has the unknown type 0x%02x", e->name, (unsigned char)h->type);
}

/* What a pax header says counts; names of it stand where GNU's long ones do. */
static int take_pax_names(struct vz_tar *t, struct vz_err *err)
{
	const struct vz_pax *p = &t->pax;

	if ((p->path && *t->name) || (p->linkpath && *t->link))
		return vz_err_set(err, VZ_FAILED, "tar: an entry has two long names");
	if (p->path)
		memcpy(t->name, p->path, strlen(p->path) + 1);
	if (p->linkpath)
		memcpy(t->link, p->linkpath, strlen(p->linkpath) + 1);
	return 0;
}

static void take_pax(const struct vz_pax *p, struct vz_tar_entry *e, int64_t *size)
{
	if (p->has_uid)
		e->uid = p->uid;
	if (p->has_gid)
		e->gid = p->gid;
	if (p->has_mtime) {
		e->mtime = p->mtime;
		e->mtime_nsec = p->mtime_nsec;
	}
	if (p->has_size)
		*size = (int64_t)p->size;
	e->xattrs = p->xattrs;
	e->n_xattrs = p->n_xattrs;
}

static int decode_device(const struct header *h, struct vz_tar_entry *e, struct vz_err *err)
{
	int64_t major, minor;

	if (number(h->major, sizeof h->major, 0, UINT32_MAX, &major, err) < 0 ||
	    number(h->minor, sizeof h->minor, 0, UINT32_MAX, &minor, err) < 0)
		return vz_err_wrap(err, "'%s'", e->name);
	e->major = (uint32_t)major;
	e->minor = (uint32_t)minor;
	return 0;
}

static int decode(struct vz_tar *t, const struct header *h, struct vz_tar_entry *e, struct vz_err *err)
{
	int64_t mode, uid, gid, size;

	if (take_pax_names(t, err) < 0)
		return -1;
	if (!*t->name && short_name(h, t->name, err) < 0)
		return -1;
	e->name = t->name;
	if (number(h->mode, sizeof h->mode, 0, UINT32_MAX, &mode, err) < 0 ||
	    number(h->uid, sizeof h->uid, 0, UINT32_MAX - 1, &uid, err) < 0 ||
	    number(h->gid, sizeof h->gid, 0, UINT32_MAX - 1, &gid, err) < 0 ||
	    number(h->size, sizeof h->size, 0, INT64_MAX - BLOCK, &size, err) < 0 ||
	    number(h->mtime, sizeof h->mtime, INT64_MIN, INT64_MAX, &e->mtime, err) < 0)
		return vz_err_wrap(err, "'%s'", e->name);
	e->mode = (uint32_t)mode & 07777;
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	take_pax(&t->pax, e, &size);
	if (set_type(h, e, err) < 0 || ((S_ISCHR(e->mode) || S_ISBLK(e->mode)) && decode_device(h, e, err) < 0))
		return -1;
	if (e->hard_link || S_ISLNK(e->mode)) {
		if (!*t->link && field_text(h->link, sizeof h->link, t->link, err) < 0)
			return -1;
		e->link = t->link;
	}
	/* readers differ in whether data follows such a header */
	if (size && (e->hard_link || !S_ISREG(e->mode)))
		return vz_err_set(err, VZ_FAILED, "tar: '%s' has a size and is not a file", e->name);
	e->size = t->left = (uint64_t)size;
	e->offset = t->filled - (t->have - t->at);
	t->pad = -t->left % BLOCK;
	return 1;
}

static bool is_zero(const char *p, size_t len)
{
	return !len || (!*p && !memcmp(p, p + 1, len - 1));
}

/* Behind the end mark there are only zeros, up to the end of the stream; reading
 * them also lets the decompressor check its sums. */
static int finish(struct vz_tar *t, struct vz_err *err)
{
	while (fill(t, err) == 0) {
		if (!is_zero(t->buf + t->at, t->have - t->at))
			return vz_err_set(err, VZ_FAILED, "tar: something follows its end");
		t->at = t->have;
		if (t->ended)
			return 0;
	}
	return -1;
}

int vz_tar_next(struct vz_tar *t, struct vz_tar_entry *ret, struct vz_err *err)
{
	struct vz_tar_entry e = {0};

	if (skip_data(t, err) < 0)
		return -1;
	*t->name = *t->link = 0;
	vz_pax_release(&t->pax);
	for (;;) {
		const char *block = next_block(t, err);
		struct header h;
		int r;

		if (!block)
			return -1;
		if (is_zero(block, BLOCK))
			return *t->name || *t->link || !vz_pax_is_empty(&t->pax)
				       ? vz_err_set(err, VZ_FAILED, "tar: a long name names nothing") : finish(t, err);
		memcpy(&h, block, BLOCK);
		if (check_sum(&h, err) < 0)
			return -1;
		if (h.type == 'L' || h.type == 'K') {
			r = read_long(t, &h, h.type == 'L' ? t->name : t->link, err);
		} else if (t->allow_pax && (h.type == 'x' || h.type == 'g')) {
			r = read_pax(t, &h, err);
		} else {
			r = decode(t, &h, &e, err);
			if (r > 0)
				*ret = e;
			return r;
		}
		if (r < 0)
			return -1;
	}
}

ptrdiff_t vz_tar_data(struct vz_tar *t, const void **ret, struct vz_err *err)
{
	size_t n;

	if (!t->left) {
		/* the fill is within one block, so within the buffer or its next filling */
		for (; t->pad; t->pad -= n, t->at += n) {
			if (fill(t, err) < 0)
				return -1;
			n = t->have - t->at < t->pad ? t->have - t->at : t->pad;
			if (!n)
				return vz_err_set(err, VZ_FAILED, "tar: breaks off");
		}
		return 0;
	}
	if (fill(t, err) < 0)
		return -1;
	n = t->have - t->at;
	if (!n)
		return vz_err_set(err, VZ_FAILED, "tar: breaks off in the data of an entry");
	if (n > t->left)
		n = t->left;
	*ret = t->buf + t->at;
	t->at += n;
	t->left -= n;
	return (ptrdiff_t)n;
}
