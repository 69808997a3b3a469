/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/dump.h"

#include <string.h>

#include "store/image.h"

enum escape { STANDARD, NO_EQUALS, NO_LONE_DASH };

/* The first name in tree order of an inode that has several. */
struct first {
	const struct vz_node *inode, *name;
	size_t order;
};

struct writer {
	struct vz_buf *out;
	struct vz_buf path;              /* of `last`, escaped; empty for the root */
	const struct vz_node *last;
	struct first *firsts;
	size_t n_firsts, cap_firsts;
};

static void add_escaped(struct vz_buf *out, const char *data, size_t len, enum escape how)
{
	static const char digits[] = "0123456789abcdef";
	char *p;

	if (how == NO_LONE_DASH && len == 1 && *data == '-') {
		vz_buf_puts(out, "\\x2d");
		return;
	}
	vz_buf_reserve(out, 4 * len);
	p = out->data + out->len;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];
		char letter = c == '\\' ? '\\' : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 0;

		if (c > 0x20 && c < 0x7f && !letter && !(how == NO_EQUALS && c == '=')) {
			*p++ = (char)c;
			continue;
		}
		*p++ = '\\';
		*p++ = letter ? letter : 'x';
		if (!letter) {
			*p++ = digits[c >> 4];
			*p++ = digits[c & 15];
		}
	}
	*p = 0;
	out->len = (size_t)(p - out->data);
}

/* A payload of an inode is optional: NULL is "-". */
static void add_optional(struct vz_buf *out, const char *data, size_t len)
{
	vz_buf_putc(out, ' ');
	if (data)
		add_escaped(out, data, len, NO_LONE_DASH);
	else
		vz_buf_putc(out, '-');
}

/* Makes `path` that of `n`, which a walk met after `last`. */
static void set_path(struct writer *w, const struct vz_node *n)
{
	if (n->parent) {
		for (; w->last != n->parent; w->last = w->last->parent)
			w->path.len = (size_t)((char *)memrchr(w->path.data, '/', w->path.len) - w->path.data);
		vz_buf_putc(&w->path, '/');
		add_escaped(&w->path, n->name, n->name_len, STANDARD);
	}
	w->last = n;
}

static int by_inode(const void *a, const void *b)
{
	const struct first *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int note_first(struct vz_node *n, void *ctx)
{
	struct writer *w = ctx;

	if (n->link || n->n_links) {
		vz_grow(w->firsts, w->n_firsts, w->cap_firsts);
		w->firsts[w->n_firsts] = (struct first){ vz_node_inode(n), n, w->n_firsts };
		w->n_firsts++;
	}
	return 0;
}

static void find_firsts(struct writer *w, struct vz_node *root)
{
	size_t kept = 0;

	vz_node_walk(root, note_first, w);
	if (!w->n_firsts)
		return;
	qsort(w->firsts, w->n_firsts, sizeof *w->firsts, by_inode);
	for (size_t i = 0; i < w->n_firsts; i++)
		if (!i || w->firsts[i].inode != w->firsts[kept - 1].inode)
			w->firsts[kept++] = w->firsts[i];
	w->n_firsts = kept;
	for (size_t i = 0; i < kept; i++)
		w->firsts[i].order = 0;
}

/* The node whose line is the full one. */
static const struct vz_node *first_name(const struct writer *w, const struct vz_node *n)
{
	struct first key = { .inode = vz_node_inode(n) }, *found;

	if (!n->link && !n->n_links)
		return n;
	found = bsearch(&key, w->firsts, w->n_firsts, sizeof key, by_inode);
	return found->name;
}

/* " NUMBER" or " @NUMBER": nine of these a line are what printf would spend its time with. */
static void add_number(struct vz_buf *out, const char *before, uint64_t v, unsigned base)
{
	char digits[32], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + v % base);
	while (v /= base);
	vz_buf_puts(out, before);
	vz_buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

static void add_numbers(struct vz_buf *out, const struct vz_node *n, bool link)
{
	uint64_t size = n->size;
	uint32_t nlink = n->nlink, rdev = S_ISCHR(n->mode) || S_ISBLK(n->mode) ? n->rdev : 0;

	if (vz_node_is_dir(n)) {
		size = vz_image_dir_size(n);
		nlink = 2;
		for (uint32_t i = 0; i < n->n_children; i++)
			nlink += !n->children[i]->link && vz_node_is_dir(n->children[i]);
	} else if (vz_node_is_symlink(n)) {
		size = n->payload ? strlen(n->payload) : 0;
	}
	add_number(out, " ", size, 10);
	add_number(out, link ? " @" : " ", n->mode, 8);
	add_number(out, " ", nlink, 10);
	add_number(out, " ", n->uid, 10);
	add_number(out, " ", n->gid, 10);
	add_number(out, " ", rdev, 10);
	add_number(out, n->mtime < 0 ? " -" : " ", n->mtime < 0 ? 0 - (uint64_t)n->mtime : (uint64_t)n->mtime, 10);
	add_number(out, ".", n->mtime_nsec, 10);
}

static int write_line(struct vz_node *name, void *ctx)
{
	struct writer *w = ctx;
	struct vz_buf *out = w->out;
	const struct vz_node *n = vz_node_inode(name), *first = first_name(w, name);
	char hex[VZ_HEX_LEN + 1] = "-";

	set_path(w, name);
	if (w->path.len)
		vz_buf_add(out, w->path.data, w->path.len);
	else
		vz_buf_putc(out, '/');
	add_numbers(out, n, first != name);
	if (first != name) {
		auto_free char *target = vz_node_path(first);

		add_optional(out, target, strlen(target));
	} else {
		add_optional(out, n->payload, n->payload ? strlen(n->payload) : 0);
	}
	add_optional(out, n->content, n->size);
	if (n->has_digest)
		vz_digest_hex(&n->digest, hex);
	vz_buf_putc(out, ' ');
	vz_buf_puts(out, hex);
	for (uint32_t i = 0; i < n->n_xattrs; i++) {
		vz_buf_putc(out, ' ');
		add_escaped(out, n->xattrs[i].key, strlen(n->xattrs[i].key), NO_EQUALS);
		vz_buf_putc(out, '=');
		add_escaped(out, n->xattrs[i].value, n->xattrs[i].len, NO_EQUALS);
	}
	vz_buf_putc(out, '\n');
	return 0;
}

void vz_dump_write(const struct vz_tree *t, struct vz_buf *ret)
{
	struct writer w = { .out = ret };

	find_firsts(&w, t->root);
	vz_node_walk(t->root, write_line, &w);
	vz_buf_release(&w.path);
	free(w.firsts);
}
