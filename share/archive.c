/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "store/object.h"

#define BLOCK VZ_TAR_BLOCK
#define CHUNK (256 << 10)
#define XATTR_KEY "SCHILY.xattr."

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[8], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct writer {
	const struct vz_store *store;
	enum vz_archive_kind kind;
	struct vz_blob_writer *to;
	struct vz_verity *verity;
	char *chunk;
	struct vz_buf pax;               /* records of the entry at hand */
	struct vz_err *err;
};

bool vz_xattr_is_overlay(const char *key)
{
	const char *dot = strchr(key, '.');

	return dot && strncmp(dot, ".overlay.", 9) == 0;
}

/* `len` bytes: octal digits and a NUL; false if it does not fit. */
static bool put_octal(char *field, size_t len, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%0*llo", (int)len - 1, (unsigned long long)v);

	if ((size_t)n >= len)
		return false;
	memcpy(field, text, len);
	return true;
}

/* "LENGTH KEY=VALUE\n"; the length counts its own digits. */
static void put_record(struct vz_buf *b, const char *key, const void *value, size_t len)
{
	size_t rest = 1 + strlen(key) + 1 + len + 1, n = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof digits, "%zu", n) + rest > n)
		n++;
	vz_buf_printf(b, "%s %s=", digits, key);
	vz_buf_add(b, value, len);
	vz_buf_putc(b, '\n');
}

static void put_text_record(struct vz_buf *b, const char *key, const char *value)
{
	put_record(b, key, value, strlen(value));
}

static void put_number(struct writer *w, char *field, size_t len, const char *key, uint64_t v)
{
	char text[24];

	if (put_octal(field, len, v))
		return;
	put_octal(field, len, 0);
	snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	put_text_record(&w->pax, key, text);
}

/* Fractions count away from the second that is nearer to zero. */
static void put_mtime(struct writer *w, struct header *h, const struct vz_node *n)
{
	int64_t sec = n->mtime;
	uint32_t nsec = n->mtime_nsec;
	const char *sign = sec < 0 ? "-" : "";
	char text[48];
	uint64_t whole;

	put_octal(h->mtime, sizeof h->mtime, 0);
	if (sec >= 0 && put_octal(h->mtime, sizeof h->mtime, (uint64_t)sec) && !nsec)
		return;
	if (sec < 0 && nsec) {
		sec++;
		nsec = 1000000000 - nsec;
	}
	whole = sec < 0 ? -(uint64_t)sec : (uint64_t)sec;
	snprintf(text, sizeof text, nsec ? "%s%llu.%09u" : "%s%llu", sign, (unsigned long long)whole, nsec);
	put_text_record(&w->pax, "mtime", text);
}

/* Into the field of 100 bytes, and its prefix at a slash. */
static bool put_name(struct header *h, const char *name)
{
	size_t len = strlen(name);
	const char *slash;

	if (len <= sizeof h->name) {
		memcpy(h->name, name, len);
		return true;
	}
	/* the first slash that leaves no more than the field behind it, but something */
	slash = strchr(name + len - sizeof h->name - 1, '/');
	if (slash && slash[1] && slash > name && (size_t)(slash - name) <= sizeof h->prefix) {
		memcpy(h->prefix, name, (size_t)(slash - name));
		memcpy(h->name, slash + 1, strlen(slash + 1));
		return true;
	}
	memcpy(h->name, name, sizeof h->name);
	return false;
}

static void seal_header(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;
	char text[8];

	memcpy(h->magic, "ustar\00000", 8);
	memset(h->checksum, ' ', sizeof h->checksum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += p[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(h->checksum, text, 7);
}

static void plain_header(struct header *h, char type, uint32_t mode, const char *name)
{
	*h = (struct header){ .type = type };
	put_name(h, name);
	put_octal(h->mode, sizeof h->mode, mode & 07777);
	put_octal(h->uid, sizeof h->uid, 0);
	put_octal(h->gid, sizeof h->gid, 0);
	put_octal(h->mtime, sizeof h->mtime, 0);
}

void vz_tar_file_header(const char *name, uint64_t size, char ret[BLOCK])
{
	struct header h;

	plain_header(&h, '0', 0644, name);
	if (!put_octal(h.size, sizeof h.size, size)) {
		h.size[0] = (char)0x80;          /* GNU's base 256 */
		for (size_t i = sizeof h.size; i-- > 4; size >>= 8)
			h.size[i] = (char)size;
	}
	seal_header(&h);
	memcpy(ret, &h, sizeof h);
}

static int put(struct writer *w, const void *data, size_t len)
{
	return vz_blob_writer_add(w->to, data, len, w->err);
}

static int put_padding(struct writer *w, uint64_t len)
{
	static const char zeros[BLOCK];

	return put(w, zeros, -len % BLOCK);
}

static int put_pax(struct writer *w)
{
	struct header h;

	if (!w->pax.len)
		return 0;
	plain_header(&h, 'x', 0644, "PaxHeaders");
	put_octal(h.size, sizeof h.size, w->pax.len);
	seal_header(&h);
	if (put(w, &h, sizeof h) < 0 || put(w, w->pax.data, w->pax.len) < 0 || put_padding(w, w->pax.len) < 0)
		return -1;
	vz_buf_clear(&w->pax);
	return 0;
}

static void put_xattrs(struct writer *w, const struct vz_node *n)
{
	for (uint32_t i = 0; i < n->n_xattrs; i++) {
		const struct vz_xattr *x = &n->xattrs[i];
		auto_buf struct vz_buf key = {0};

		if (vz_xattr_is_overlay(x->key))
			continue;
		vz_buf_puts(&key, XATTR_KEY);
		for (const char *p = x->key; *p; p++)
			if (*p == '%' || *p == '=')
				vz_buf_puts(&key, *p == '%' ? "%25" : "%3D");
			else
				vz_buf_putc(&key, *p);
		put_record(&w->pax, key.data, x->value, x->len);
	}
}

/* The path without the slash before it; directories have one behind. */
static char *entry_name(const struct vz_node *n)
{
	auto_free char *path = vz_node_path(n);

	if (!n->parent)
		return vz_strdup("./");
	return vz_printf("%s%s", path + 1, vz_node_is_dir(n) ? "/" : "");
}

static bool is_whiteout(const struct vz_node *n)
{
	return !n->link && S_ISCHR(n->mode) && !n->rdev;
}

static char type_of(const struct vz_node *n)
{
	static const struct { uint32_t mode; char type; } types[] = {
		{ S_IFREG, '0' }, { S_IFLNK, '2' }, { S_IFCHR, '3' }, { S_IFBLK, '4' }, { S_IFDIR, '5' }, { S_IFIFO, '6' },
	};

	if (n->link)
		return '1';
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].mode == (n->mode & S_IFMT))
			return types[i].type;
	return 0;
}

static void put_target(struct writer *w, struct header *h, const char *target)
{
	size_t len = strlen(target);

	memcpy(h->link, target, len < sizeof h->link ? len : sizeof h->link);
	if (len > sizeof h->link)
		put_text_record(&w->pax, "linkpath", target);
}

static int put_header(struct writer *w, const struct vz_node *node)
{
	const struct vz_node *n = vz_node_inode(node);
	auto_free char *name = entry_name(node), *link = node->link ? entry_name(n) : NULL;
	struct header h = { .type = type_of(node) };

	if (!h.type)
		return vz_err_set(w->err, VZ_FAILED, "a tar archive cannot hold a socket");
	if (is_whiteout(n))
		return vz_err_set(w->err, VZ_FAILED, "a device 0:0, which deletes a file in an overlay, is never exported");
	if (w->kind == VZ_ARCHIVE_LAYER && strncmp(node->name, ".wh.", 4) == 0)
		return vz_err_set(w->err, VZ_FAILED, "in an OCI layer a name that begins with '.wh.' deletes a file");
	if (!put_name(&h, name))
		put_text_record(&w->pax, "path", name);
	put_octal(h.mode, sizeof h.mode, n->mode & 07777);
	put_number(w, h.uid, sizeof h.uid, "uid", n->uid);
	put_number(w, h.gid, sizeof h.gid, "gid", n->gid);
	put_number(w, h.size, sizeof h.size, "size", h.type == '0' ? n->size : 0);
	put_mtime(w, &h, n);
	if (h.type == '3' || h.type == '4') {
		put_octal(h.major, sizeof h.major, major(n->rdev));
		put_octal(h.minor, sizeof h.minor, minor(n->rdev));
	}
	if (link || h.type == '2')
		put_target(w, &h, link ? link : n->payload);
	if (!link)
		put_xattrs(w, n);
	seal_header(&h);
	return put_pax(w) < 0 ? -1 : put(w, &h, sizeof h);
}

static int put_object(struct writer *w, const struct vz_node *n)
{
	auto_fd int fd = n->has_digest ? vz_object_open(w->store, &n->digest, w->err) : -1;
	struct vz_digest is;
	uint64_t left = n->size;
	ssize_t got;

	if (fd < 0)
		return n->has_digest ? -1 : vz_err_set(w->err, VZ_FAILED, "its content is in no object of the store");
	while ((got = read(fd, w->chunk, CHUNK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vz_err_sys(w->err, "read an object");
		if ((uint64_t)got > left)
			break;
		left -= (uint64_t)got;
		vz_verity_add(w->verity, w->chunk, (size_t)got);
		if (put(w, w->chunk, (size_t)got) < 0)
			return -1;
	}
	vz_verity_end(w->verity, &is);
	if (got || left || vz_digest_cmp(&is, &n->digest))
		return vz_err_set(w->err, VZ_DAMAGED, "its object does not have the content that its name says");
	return 0;
}

/* An empty file ".wh.NAME" in its place. */
static int put_whiteout(struct writer *w, const struct vz_node *n)
{
	auto_free char *dir = entry_name(n->parent), *name = vz_printf("%s.wh.%s", n->parent->parent ? dir : "", n->name);
	struct header h;

	plain_header(&h, '0', 0600, name);
	put_octal(h.size, sizeof h.size, 0);
	if (!put_name(&h, name))
		put_text_record(&w->pax, "path", name);
	seal_header(&h);
	return put_pax(w) < 0 ? -1 : put(w, &h, sizeof h);
}

static int put_node(struct vz_node *n, void *ctx)
{
	struct writer *w = ctx;
	auto_free char *path = NULL;
	int rc = w->kind == VZ_ARCHIVE_LAYER && is_whiteout(n) ? put_whiteout(w, n) : put_header(w, n);

	if (rc == 0 && !n->link && vz_node_is_file(n) && n->size) {
		rc = n->content ? put(w, n->content, n->size) : put_object(w, n);
		if (rc == 0)
			rc = put_padding(w, n->size);
	}
	if (rc == 0)
		return 0;
	path = vz_node_path(n);
	return vz_err_wrap(w->err, "'%s'", path);
}

int vz_archive_write(const struct vz_store *s, const struct vz_tree *t, enum vz_archive_kind kind,
		     struct vz_blob_writer *to, struct vz_err *err)
{
	static const char end[2 * BLOCK];
	struct writer w = { .store = s, .kind = kind, .to = to, .verity = vz_verity_new(), .chunk = vz_alloc(CHUNK), .err = err };
	int rc = vz_node_walk(t->root, put_node, &w);

	if (rc == 0)
		rc = put(&w, end, sizeof end);
	vz_verity_free(w.verity);
	vz_buf_release(&w.pax);
	free(w.chunk);
	return rc;
}
