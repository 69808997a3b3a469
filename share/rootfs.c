/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/rootfs.h"

#include <string.h>

#include "base/path.h"
#include "builder/overlay.h"
#include "share/archive.h"
#include "share/blob.h"
#include "store/sink.h"
#include "store/tar.h"

#define MAX_RATIO 200
#define FREE_BYTES (UINT64_C(256) << 20)
#define HEADERS (UINT64_C(2) << 30)      /* what stands between the contents */
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct deletion {
	char *dir, *name;                /* NULL: all that is below */
};

struct layer {
	const struct vz_tree *lower;
	struct vz_tree *upper;
	struct vz_sink *sink;
	struct deletion *deletions;
	size_t n, cap;
};

static void layer_release(struct layer *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->deletions[i].dir);
		free(l->deletions[i].name);
	}
	free(l->deletions);
	vz_sink_free(l->sink);
	vz_tree_free(l->upper);
}

static ptrdiff_t read_content(void *ctx, void *buf, size_t len, struct vz_err *err)
{
	return vz_blob_reader_read(ctx, buf, len, err);
}

/* 1: the entry was a deletion, and is noted. */
static int take_deletion(struct layer *l, const struct vz_tar_entry *e, struct vz_err *err)
{
	auto_free char *path = vz_path_normal(e->name);
	char *name = strrchr(path, '/') + 1;
	bool all = strcmp(name, OPAQUE) == 0;

	if (strncmp(name, WHITEOUT, strlen(WHITEOUT)) != 0)
		return 0;
	if (!vz_path_is_sane(e->name))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s': not a sane path", e->name);
	/* other names with .wh..wh. are of a file system that nobody uses any more */
	if (!all && strncmp(name, WHITEOUT WHITEOUT, 8) == 0)
		return 1;
	if (!all && !vz_node_name_is_valid(name + strlen(WHITEOUT), strlen(name + strlen(WHITEOUT))))
		return vz_err_set(err, VZ_UNTRUSTED, "'%s' deletes nothing that could be", e->name);
	vz_grow(l->deletions, l->n, l->cap);
	l->deletions[l->n++] = (struct deletion){
		.dir = name - path > 1 ? vz_strndup(path, (size_t)(name - path - 1)) : vz_strdup("/"),
		.name = all ? NULL : vz_strdup(name + strlen(WHITEOUT)),
	};
	return 1;
}

static int check_xattrs(const struct vz_tar_entry *e, struct vz_err *err)
{
	for (size_t i = 0; i < e->n_xattrs; i++)
		if (vz_xattr_is_overlay(e->xattrs[i].key))
			return vz_err_set(err, VZ_UNTRUSTED, "'%s' has the attribute '%s', which is forged", e->name, e->xattrs[i].key);
	return 0;
}

/* A hard link to a file that only lower layers have: that file. */
static const struct vz_node *below(const struct layer *l, const struct vz_tar_entry *e)
{
	const struct vz_node *n;

	if (!e->hard_link || !vz_path_is_sane(e->link) || vz_tree_find(l->upper, e->link))
		return NULL;
	n = vz_tree_find(l->lower, e->link);
	return n && !vz_node_is_dir(n) ? n : NULL;
}

static int take_entry(struct layer *l, struct vz_tar *tar, const struct vz_tar_entry *e, struct vz_err *err)
{
	const struct vz_sink_item item = {
		.path = e->name, .target = e->link, .hard_link = e->hard_link, .mode = e->mode, .uid = e->uid, .gid = e->gid,
		.major = e->major, .minor = e->minor, .size = e->size, .mtime = e->mtime, .mtime_nsec = e->mtime_nsec,
		.xattrs = e->xattrs, .n_xattrs = e->n_xattrs,
	};
	const struct vz_node *from = below(l, e);
	const void *bytes;
	ptrdiff_t n = 0;

	if (check_xattrs(e, err) < 0)
		return -1;
	if (from)
		return vz_sink_copy(l->sink, &item, from, err);
	if (vz_sink_entry(l->sink, &item, err) < 0)
		return -1;
	while (e->size && (n = vz_tar_data(tar, &bytes, err)) > 0)
		if (vz_sink_data(l->sink, bytes, (size_t)n, err) < 0)
			return vz_err_wrap(err, "'%s'", e->name);
	return (int)n;
}

static int read_layer(struct layer *l, struct vz_blob_reader *in, struct vz_err *err)
{
	auto_tar struct vz_tar *tar = vz_tar_new(read_content, in);
	struct vz_tar_entry e;
	int r, deleted;

	vz_tar_allow_pax(tar);
	while ((r = vz_tar_next(tar, &e, err)) > 0) {
		deleted = take_deletion(l, &e, err);
		if (deleted < 0 || (!deleted && take_entry(l, tar, &e, err) < 0))
			return -1;
	}
	return r < 0 ? -1 : vz_sink_end(l->sink, err);
}

/* A directory that no entry is for stays what it is below. */
static int settle_implied(struct vz_node *n, void *ctx)
{
	const struct layer *l = ctx;
	auto_free char *path = NULL;
	const struct vz_node *below;

	if (n->owner != VZ_SINK_IMPLIED)
		return 0;
	path = vz_node_path(n);
	below = vz_tree_find(l->lower, path);
	if (below && vz_node_is_dir(below))
		vz_node_copy_inode(n, below);
	return 0;
}

/* Makes the directory of a deletion, where there is something to delete. */
static int make_place(struct layer *l, const struct deletion *d, struct vz_err *err)
{
	const struct vz_node *below = vz_tree_find(l->lower, d->dir);
	struct vz_sink_item item = { .path = d->dir, .mode = S_IFDIR | 0755 };

	if (vz_tree_find(l->upper, d->dir) || !below || !vz_node_is_dir(below))
		return 0;
	if (vz_sink_entry(l->sink, &item, err) < 0)
		return -1;
	vz_tree_find(l->upper, d->dir)->owner = VZ_SINK_IMPLIED;
	return 0;
}

/* What overlayfs would have in place of the deletion. What the layer has itself at that name stays. */
static void place_deletion(struct layer *l, const struct deletion *d)
{
	struct vz_node *dir = vz_tree_find(l->upper, d->dir), *have;

	if (!dir || !vz_node_is_dir(dir))
		return;
	have = d->name ? vz_node_child(dir, d->name, strlen(d->name)) : dir;
	if (!have)
		vz_node_add(dir, d->name, S_IFCHR);
	else if (vz_node_is_dir(have))
		vz_node_set_xattr(have, VZ_OVERLAY_MARK "opaque", "y", 1);
}

static int apply(struct layer *l, struct vz_tree *t, struct vz_err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (make_place(l, &l->deletions[i], err) < 0)
			return -1;
	vz_node_walk(l->upper->root, settle_implied, l);
	for (size_t i = 0; i < l->n; i++)
		place_deletion(l, &l->deletions[i]);
	return vz_overlay_apply(t, l->upper, err);
}

int vz_rootfs_add(struct vz_store *s, struct vz_tree *t, const struct vz_rootfs_layer *in, uint64_t *new_bytes,
		  struct vz_err *err)
{
	uint64_t most = in->size > FREE_BYTES / MAX_RATIO ? in->size * MAX_RATIO : FREE_BYTES;
	__attribute__((cleanup(layer_release))) struct layer l = { .lower = t, .upper = vz_tree_new() };
	auto_blob_reader struct vz_blob_reader *reader = NULL;
	char is[VZ_HEX_LEN + 1];
	int rc = vz_blob_check(in->fd, in->offset, in->size, in->digest, err);

	if (rc == 0) {
		reader = vz_blob_reader_new(in->fd, in->offset, in->size, most + HEADERS);
		l.sink = vz_sink_new(s, l.upper, most);
		l.upper->root->owner = VZ_SINK_IMPLIED;
		rc = read_layer(&l, reader, err);
	}
	if (rc == 0)
		rc = vz_blob_reader_end(reader, is, err);
	if (rc == 0 && strcmp(is, in->diff_id))
		rc = vz_err_set(err, VZ_UNTRUSTED, "its content does not have the digest that the image names");
	if (rc == 0)
		rc = apply(&l, t, err);
	if (rc < 0)
		return vz_err_wrap(err, "layer 'sha256:%s'", in->digest);
	*new_bytes += vz_sink_new_bytes(l.sink);
	vz_tree_count_links(t);
	return 0;
}
