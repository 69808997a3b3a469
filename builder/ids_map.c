/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder/content.h"
#include "builder/ids.h"

/* acl(5) as an extended attribute: a version, then entries of tag, permissions and id, little-endian. */
#define ACL_VERSION 2
#define ACL_ENTRY 8
#define ACL_USER 0x02
#define ACL_GROUP 0x08

struct pair {
	uint32_t from, to;
};

struct map {
	struct vz_store *store;
	struct pair *pairs[VZ_ID_KINDS];
	size_t n[VZ_ID_KINDS];
};

static int by_from(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static uint32_t mapped(const struct map *m, enum vz_id_kind kind, uint32_t id)
{
	const struct pair key = { .from = id }, *found = NULL;

	if (m->n[kind])
		found = bsearch(&key, m->pairs[kind], m->n[kind], sizeof key, by_from);
	return found ? found->to : id;
}

/* ---- owners ---- */

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void map_acl(const struct map *m, struct vz_node *n, const char *key)
{
	const struct vz_xattr *x = vz_node_xattr(n, key);
	auto_free uint8_t *value = NULL;
	uint32_t len;

	if (!x || x->len < 4 || le32((const uint8_t *)x->value) != ACL_VERSION)
		return;
	len = x->len;
	value = vz_memdup(x->value, len);
	for (uint8_t *e = value + 4; e + ACL_ENTRY <= value + len; e += ACL_ENTRY) {
		unsigned tag = e[0] | (unsigned)e[1] << 8;
		uint32_t id = le32(e + 4);

		if (tag != ACL_USER && tag != ACL_GROUP)
			continue;
		id = mapped(m, tag == ACL_USER ? VZ_ID_USER : VZ_ID_GROUP, id);
		for (int i = 0; i < 4; i++)
			e[4 + i] = (uint8_t)(id >> 8 * i);
	}
	vz_node_set_xattr(n, key, value, len);
}

static int map_node(struct vz_node *n, void *ctx)
{
	const struct map *m = ctx;

	if (n->link)
		return 0;
	n->uid = mapped(m, VZ_ID_USER, n->uid);
	n->gid = mapped(m, VZ_ID_GROUP, n->gid);
	map_acl(m, n, "system.posix_acl_access");
	map_acl(m, n, "system.posix_acl_default");
	return 0;
}

/* ---- record files ---- */

/* Copies one line; the field `index` is `id`. */
static void put_line(struct vz_buf *to, const char *line, size_t len, const struct map *m, bool user)
{
	const char *stop = line + len;

	for (unsigned index = 0; line <= stop; index++) {
		const char *colon = memchr(line, ':', (size_t)(stop - line)), *end = colon ? colon : stop;
		auto_free char *text = vz_strndup(line, (size_t)(end - line));
		bool is_user = user && index == 2, is_group = index == (user ? 3 : 2);
		char *rest = text;
		unsigned long id = (is_user || is_group) && *text >= '0' && *text <= '9' ? strtoul(text, &rest, 10) : 0;

		if (rest > text && !*rest && id <= VZ_ID_MAX)
			vz_buf_printf(to, "%u", mapped(m, is_user ? VZ_ID_USER : VZ_ID_GROUP, (uint32_t)id));
		else
			vz_buf_puts(to, text);
		if (!colon)
			break;
		vz_buf_putc(to, ':');
		line = colon + 1;
	}
	vz_buf_putc(to, '\n');
}

static int map_file(const struct map *m, struct vz_tree *t, const char *path, bool user, struct vz_err *err)
{
	auto_buf struct vz_buf old = {0}, new = {0};
	struct vz_node *n = vz_tree_find(t, path);
	const char *p, *end;

	if (!n || !vz_node_is_file(vz_node_inode(n)))
		return 0;
	if (vz_content_get(m->store, n, &old, err) < 0)
		return vz_err_wrap(err, "'%s'", path);
	for (p = old.data, end = p + old.len; old.len && p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		put_line(&new, p, (size_t)(stop - p), m, user);
		p = nl ? nl + 1 : end;
	}
	return vz_content_set(m->store, vz_node_inode(n), new.data ? new.data : "", new.len, err);
}

/* ---- the whole ---- */

static int add_pairs(struct map *m, const struct vz_tree *t, const struct vz_ids *changes, struct vz_err *err)
{
	auto_ids struct vz_ids have = {0};

	if (vz_ids_of_tree(m->store, t, &have, err) < 0)
		return -1;
	for (size_t i = 0; i < changes->n; i++) {
		const struct vz_id *c = &changes->v[i];
		struct pair p = { .to = c->id };

		if (!vz_ids_get(&have, c->kind, c->name, &p.from))
			return vz_err_set(err, VZ_FAILED, "the %s '%s' is to have the id %u, but the packages' scripts did not make it",
					  c->kind == VZ_ID_USER ? "user" : "group", c->name, c->id);
		m->pairs[c->kind][m->n[c->kind]++] = p;
	}
	for (enum vz_id_kind k = VZ_ID_USER; k < VZ_ID_KINDS; k++)
		if (m->n[k])
			qsort(m->pairs[k], m->n[k], sizeof *m->pairs[k], by_from);
	return 0;
}

int vz_ids_map(struct vz_store *s, struct vz_tree *t, const struct vz_ids *changes, struct vz_err *err)
{
	struct map m = { .store = s };
	int rc;

	for (enum vz_id_kind k = VZ_ID_USER; k < VZ_ID_KINDS; k++)
		m.pairs[k] = vz_alloc((changes->n + 1) * sizeof *m.pairs[k]);
	rc = add_pairs(&m, t, changes, err);
	if (rc == 0) {
		vz_node_walk(t->root, map_node, &m);
		rc = map_file(&m, t, "/etc/passwd", true, err);
	}
	if (rc == 0)
		rc = map_file(&m, t, "/etc/group", false, err);
	for (enum vz_id_kind k = VZ_ID_USER; k < VZ_ID_KINDS; k++)
		free(m.pairs[k]);
	return rc;
}
