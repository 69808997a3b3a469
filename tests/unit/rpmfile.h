/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .rpm files byte by byte, for tests: also such as no tool would write. */
#ifndef TESTS_RPMFILE_H
#define TESTS_RPMFILE_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"

enum { T_CHAR = 1, T_INT8, T_INT16, T_INT32, T_INT64, T_STRING, T_BIN, T_STRINGS, T_I18N };

#define D (S_IFDIR | 0755)
#define L (S_IFLNK | 0777)

/* A header being made. */
struct rpm_header {
	struct vz_buf index, data;
	uint32_t n;
};

static inline void be_put(struct vz_buf *b, uint64_t v, int bytes)
{
	while (bytes--)
		vz_buf_putc(b, (char)(v >> 8 * bytes));
}

static inline void header_add(struct rpm_header *h, uint32_t tag, uint32_t type, uint32_t count, const void *data, size_t len)
{
	size_t align = type == T_INT16 ? 2 : type == T_INT32 ? 4 : type == T_INT64 ? 8 : 1;

	vz_buf_zero(&h->data, -h->data.len % align);
	be_put(&h->index, tag, 4);
	be_put(&h->index, type, 4);
	be_put(&h->index, h->data.len, 4);
	be_put(&h->index, count, 4);
	vz_buf_add(&h->data, data, len);
	h->n++;
}

static inline void header_string(struct rpm_header *h, uint32_t tag, const char *s)
{
	if (s)
		header_add(h, tag, T_STRING, 1, s, strlen(s) + 1);
}

/* Appends the header with its region, `tag` 62 or 63. */
static inline void header_end(struct rpm_header *h, uint32_t tag, struct vz_buf *ret)
{
	uint32_t n = h->n + 1;

	vz_buf_add(ret, "\x8e\xad\xe8\x01\0\0\0\0", 8);
	be_put(ret, n, 4);
	be_put(ret, h->data.len + 16, 4);
	be_put(ret, tag, 4);
	be_put(ret, T_BIN, 4);
	be_put(ret, h->data.len, 4);
	be_put(ret, 16, 4);
	vz_buf_add(ret, h->index.data, h->index.len);
	vz_buf_add(ret, h->data.data, h->data.len);
	be_put(ret, tag, 4);
	be_put(ret, T_BIN, 4);
	be_put(ret, -n * 16, 4);
	be_put(ret, 16, 4);
	vz_buf_release(&h->index);
	vz_buf_release(&h->data);
	*h = (struct rpm_header){0};
}

/* What is 0 or NULL gets a plain value. */
struct rpm_file {
	const char *path;
	unsigned mode;               /* a file, 0644 */
	const char *data;            /* or a link's target */
	uint64_t size;               /* says the header, unless 0 */
	const char *digest, *user, *group, *caps;
	unsigned flags, inode, rdev, color, mtime;
	const char *payload;         /* data in the payload, if it is other than `data` */
	bool absent;                 /* from the payload */
};

/* A tag that replaces one, is added, or with type 0 taken away. */
struct rpm_tag {
	uint32_t tag, type, count;
	const char *data;
	size_t len;
};

/* Bytes changed at the end, `at` counted in the part. */
struct rpm_patch {
	enum { NO_PATCH, LEAD, SIGNATURE, HEADER, PAYLOAD } part;
	long at;                     /* from the end, if negative */
	const char *bytes;
	size_t len;
};

#define RPM_FILES 5

struct rpm_spec {
	struct rpm_file files[RPM_FILES];
	struct rpm_tag tags[3];
	struct rpm_patch patch;
	const char *extra;           /* a whole entry more in the payload, as octets, at its start */
	const char *tail;            /* behind the payload */
	const char *compressor;
	bool stripped;               /* payload entries by number, sizes of 64 bits */
	bool no_digests;             /* neither of the header nor the payload */
	bool no_trailer;
	/* compresses what `payload` holds, in place */
	void (*pack)(struct vz_buf *payload);
};

static inline unsigned file_mode(const struct rpm_file *f) { return f->mode ? f->mode : S_IFREG | 0644; }
static inline size_t file_len(const struct rpm_file *f) { return f->data ? strlen(f->data) : 0; }

static inline const struct rpm_tag *spec_tag(const struct rpm_spec *s, uint32_t tag)
{
	for (size_t i = 0; i < sizeof s->tags / sizeof *s->tags; i++)
		if (s->tags[i].tag == tag)
			return &s->tags[i];
	return NULL;
}

static inline void spec_put(const struct rpm_spec *s, struct rpm_header *h, uint32_t tag, uint32_t type, uint32_t count,
			    const void *data, size_t len)
{
	const struct rpm_tag *t = spec_tag(s, tag);

	if (!t)
		header_add(h, tag, type, count, data, len);
	else if (t->type)
		header_add(h, tag, t->type, t->count, t->data, t->len);
}

static inline void spec_word(const struct rpm_spec *s, struct rpm_header *h, uint32_t tag, const char *word)
{
	spec_put(s, h, tag, T_STRING, 1, word, strlen(word) + 1);
}

static inline size_t spec_files(const struct rpm_spec *s)
{
	size_t n = 0;

	while (n < RPM_FILES && s->files[n].path)
		n++;
	return n;
}

static inline void file_value(const struct rpm_spec *s, const struct rpm_file *f, size_t i, uint32_t tag, struct vz_buf *b)
{
	const char *slash = strrchr(f->path, '/');
	auto_free char *dir = vz_strndup(f->path, (size_t)(slash + 1 - f->path));
	uint64_t size = f->size ? f->size : file_len(f);
	char hex[129] = "";
	struct vz_digest d;

	if (S_ISREG(file_mode(f))) {
		vz_sha256(f->data, file_len(f), &d);
		vz_digest_hex(&d, hex);
	}
	switch (tag) {
	case 1117: vz_buf_add(b, slash + 1, strlen(slash)); break;
	case 1118: vz_buf_add(b, dir, strlen(dir) + 1); break;
	case 1116: be_put(b, i, 4); break;
	case 1030: be_put(b, file_mode(f), 2); break;
	case 1037: be_put(b, f->flags, 4); break;
	case 1034: be_put(b, f->mtime ? f->mtime : 100, 4); break;
	case 1033: be_put(b, f->rdev, 2); break;
	case 1028: be_put(b, size, 4); break;
	case 5008: be_put(b, size, 8); break;
	case 1096: be_put(b, f->inode ? f->inode : i + 1000, 4); break;
	case 1095: be_put(b, 1, 4); break;
	case 1140: be_put(b, f->color, 4); break;
	case 1035: vz_buf_puts(b, f->digest ? f->digest : hex); vz_buf_putc(b, 0); break;
	case 1036: vz_buf_puts(b, S_ISLNK(file_mode(f)) && f->data ? f->data : ""); vz_buf_putc(b, 0); break;
	case 1039: vz_buf_puts(b, f->user ? f->user : "root"); vz_buf_putc(b, 0); break;
	case 1040: vz_buf_puts(b, f->group ? f->group : "root"); vz_buf_putc(b, 0); break;
	case 5010: vz_buf_puts(b, f->caps ? f->caps : ""); vz_buf_putc(b, 0); break;
	}
	(void)s;
}

static inline void spec_file_tags(const struct rpm_spec *s, struct rpm_header *h)
{
	static const struct { uint32_t tag, type; } all[] = {
		{ 1117, T_STRINGS }, { 1118, T_STRINGS }, { 1116, T_INT32 }, { 1030, T_INT16 },   { 1037, T_INT32 },
		{ 1034, T_INT32 },   { 1033, T_INT16 },   { 1028, T_INT32 }, { 5008, T_INT64 },   { 1096, T_INT32 },
		{ 1095, T_INT32 },   { 1140, T_INT32 },   { 1035, T_STRINGS }, { 1036, T_STRINGS }, { 1039, T_STRINGS },
		{ 1040, T_STRINGS }, { 5010, T_STRINGS },
	};
	size_t n = spec_files(s);

	for (size_t k = 0; n && k < sizeof all / sizeof *all; k++) {
		auto_buf struct vz_buf b = {0};

		if (all[k].tag == (s->stripped ? 1028 : 5008) && !spec_tag(s, all[k].tag))
			continue;
		for (size_t i = 0; i < n; i++)
			file_value(s, &s->files[i], i, all[k].tag, &b);
		spec_put(s, h, all[k].tag, all[k].type, (uint32_t)n, b.data, b.len);
	}
}

static inline void pad4(struct vz_buf *b, size_t start)
{
	vz_buf_zero(b, -(b->len - start) % 4);
}

/* One cpio entry of rpm's: newc, or stripped with only the file's number. */
static inline void cpio_add(struct vz_buf *b, const char *name, int number, unsigned mode, unsigned nlink, const char *data,
			    size_t len)
{
	size_t start = b->len;

	if (number >= 0)
		vz_buf_printf(b, "07070X%08x", (unsigned)number);
	else
		vz_buf_printf(b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1u, mode, 0u, 0u, nlink, 100u,
			      (unsigned)len, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
	if (number < 0)
		vz_buf_add(b, name, strlen(name) + 1);
	pad4(b, start);
	vz_buf_add(b, data, len);
	pad4(b, start);
}

static inline void spec_payload(const struct rpm_spec *s, struct vz_buf *b)
{
	if (s->extra)
		cpio_add(b, s->extra, -1, S_IFREG | 0644, 1, "evil", 4);
	for (size_t i = 0; i < spec_files(s); i++) {
		const struct rpm_file *f = &s->files[i];
		const char *data = f->payload ? f->payload : f->data;
		auto_free char *name = vz_printf(".%s", f->path);

		if (!f->absent)
			cpio_add(b, name, s->stripped ? (int)i : -1, file_mode(f), 1, data, data ? strlen(data) : 0);
	}
	if (!s->no_trailer)
		cpio_add(b, "TRAILER!!!", -1, 0, 1, NULL, 0);
	if (s->tail)
		vz_buf_puts(b, s->tail);
	if (s->pack)
		s->pack(b);
}

static inline void spec_header(const struct rpm_spec *s, const struct vz_buf *payload, struct vz_buf *ret)
{
	struct rpm_header h = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest d;

	spec_word(s, &h, 1000, "tst");
	spec_word(s, &h, 1001, "1");
	spec_word(s, &h, 1002, "1");
	spec_word(s, &h, 1022, "noarch");
	spec_word(s, &h, 1044, "tst-1-1.src.rpm");
	spec_word(s, &h, 1124, "cpio");
	if (s->compressor)
		spec_word(s, &h, 1125, s->compressor);
	spec_file_tags(s, &h);
	spec_put(s, &h, 5011, T_INT32, 1, "\0\0\0\10", 4);
	if (!s->no_digests) {
		vz_sha256(payload->data, payload->len, &d);
		vz_digest_hex(&d, hex);
		spec_put(s, &h, 5092, T_STRINGS, 1, hex, sizeof hex);
		spec_put(s, &h, 5093, T_INT32, 1, "\0\0\0\10", 4);
	}
	for (size_t i = 0; i < sizeof s->tags / sizeof *s->tags; i++)
		if (s->tags[i].tag >= 9000)      /* none of the above */
			header_add(&h, s->tags[i].tag - 8000, s->tags[i].type, s->tags[i].count, s->tags[i].data, s->tags[i].len);
	header_end(&h, 63, ret);
}

static inline void spec_lead(struct vz_buf *ret)
{
	size_t start = ret->len;

	vz_buf_add(ret, "\xed\xab\xee\xdb\3\0\0\0\0\1tst-1-1", 17);
	vz_buf_zero(ret, 96 - (ret->len - start));
	ret->data[start + 77] = 1;
	ret->data[start + 79] = 5;
}

static inline void spec_patch(const struct rpm_patch *p, struct vz_buf *b)
{
	if (p->part)
		memcpy(b->data + (p->at < 0 ? (long)b->len + p->at : p->at), p->bytes, p->len);
}

/* The whole package. `signatures`, if not NULL, gets the header and adds to the signature header. */
static inline void rpm_make(const struct rpm_spec *s, void (*sign)(struct rpm_header *h, const struct vz_buf *header),
			    struct vz_buf *ret)
{
	auto_buf struct vz_buf payload = {0}, header = {0}, signature = {0}, lead = {0};
	struct vz_buf *parts[] = { NULL, &lead, &signature, &header, &payload };
	struct rpm_header h = {0};
	char hex[VZ_HEX_LEN + 1];
	struct vz_digest d;

	spec_payload(s, &payload);
	spec_header(s, &payload, &header);
	vz_sha256(header.data, header.len, &d);
	vz_digest_hex(&d, hex);
	if (!s->no_digests)
		header_string(&h, 273, hex);
	else
		header_add(&h, 1000, T_INT32, 1, "\0\0\0\0", 4);
	if (sign)
		sign(&h, &header);
	header_end(&h, 62, &signature);
	spec_lead(&lead);
	spec_patch(&s->patch, parts[s->patch.part]);
	vz_buf_add(ret, lead.data, lead.len);
	vz_buf_add(ret, signature.data, signature.len);
	vz_buf_zero(ret, -signature.len % 8);
	vz_buf_add(ret, header.data, header.len);
	vz_buf_add(ret, payload.data, payload.len);
}

#endif
