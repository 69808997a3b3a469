/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/vet.h"

#include <string.h>

#include "share/archive.h"
#include "store/object.h"

#define MAX_NODES 2000000

struct vet {
	const struct vz_store *store;
	enum vz_vet how;
	uint64_t nodes;
	struct vz_err *err;
};

static int vet_file(const struct vet *v, const struct vz_node *n)
{
	char path[VZ_HEX_LEN + 2];

	if (n->content || !n->size)
		return n->has_digest && n->size ? vz_err_set(v->err, VZ_UNTRUSTED, "has two contents") : 0;
	if (!n->has_digest)
		return vz_err_set(v->err, VZ_UNTRUSTED, "has a content without a digest");
	vz_object_path(&n->digest, path);
	if (!n->payload || strcmp(n->payload, path))
		return vz_err_set(v->err, VZ_UNTRUSTED, "has its content elsewhere than its digest says");
	return !v->store || vz_object_has(v->store, &n->digest) ? 0 : vz_err_set(v->err, VZ_UNTRUSTED, "has a content that did not come with it");
}

static int vet_inode(const struct vet *v, const struct vz_node *n)
{
	for (uint32_t i = 0; i < n->n_xattrs; i++)
		if (vz_xattr_is_overlay(n->xattrs[i].key))
			return vz_err_set(v->err, VZ_UNTRUSTED, "has the attribute '%s', which is forged", n->xattrs[i].key);
	if (S_ISCHR(n->mode) && !n->rdev && v->how != VZ_VET_PRIVATE)
		return vz_err_set(v->err, VZ_UNTRUSTED, "is a device 0:0, which is an overlay's whiteout");
	return vz_node_is_file(n) ? vet_file(v, n) : 0;
}

static int vet_node(struct vz_node *n, void *ctx)
{
	struct vet *v = ctx;
	auto_free char *path = NULL;

	if (++v->nodes > MAX_NODES)
		return vz_err_set(v->err, VZ_UNTRUSTED, "more than %d files", MAX_NODES);
	if (n->link || vet_inode(v, n) == 0)
		return 0;
	path = vz_node_path(n);
	return vz_err_wrap(v->err, "'%s'", path);
}

int vz_vet_tree(const struct vz_store *s, const struct vz_tree *t, enum vz_vet how, struct vz_err *err)
{
	struct vet v = { .store = s, .how = how, .err = err };

	return vz_node_walk(t->root, vet_node, &v);
}
