/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "builder/content.h"

#include <string.h>

#include "base/fd.h"
#include "store/object.h"

#define LIMIT (64u << 20)

int vz_content_get(const struct vz_store *s, const struct vz_node *n, struct vz_buf *ret, struct vz_err *err)
{
	auto_fd int fd = -1;

	n = vz_node_inode(n);
	if (!n->has_digest) {
		if (n->content)
			vz_buf_add(ret, n->content, n->size);
		return 0;
	}
	fd = vz_object_open(s, &n->digest, err);
	return fd < 0 ? -1 : vz_read_fd(fd, LIMIT, ret, err);
}

int vz_content_read(const struct vz_store *s, const struct vz_tree *t, const char *path, struct vz_buf *ret,
		    struct vz_err *err)
{
	const struct vz_node *n = vz_tree_find(t, path);

	if (!n || !vz_node_is_file(n))
		return 0;
	return vz_content_get(s, n, ret, err) < 0 ? vz_err_wrap(err, "read '%s' of the tree", path) : 0;
}

int vz_content_set(struct vz_store *s, struct vz_node *n, const void *data, size_t len, struct vz_err *err)
{
	struct vz_digest d;

	if (len <= VZ_INLINE_MAX) {
		vz_node_set_content(n, data, len);
		return 0;
	}
	if (vz_object_put(s, data, len, &d, NULL, err) < 0)
		return -1;
	vz_node_set_object(n, &d, len);
	return 0;
}

/* The regular file at `path` that may be written, made if absent. */
static struct vz_node *file_at(struct vz_tree *t, const struct vz_content_file *f, struct vz_err *err)
{
	auto_free char *dir = vz_strdup(f->path);
	struct vz_node *parent, *n;
	char *slash = strrchr(dir, '/');

	*slash = 0;
	parent = vz_tree_make_dirs(t, *dir ? dir : "/", 0755, f->date);
	n = parent ? vz_node_child(parent, slash + 1, strlen(slash + 1)) : NULL;
	if (!parent || (n && !vz_node_is_file(n))) {
		vz_err_set(err, VZ_FAILED, "a package has something else than a file at '%s'", f->path);
		return NULL;
	}
	return n ? vz_node_inode(n) : vz_node_add(parent, slash + 1, S_IFREG);
}

int vz_content_write(struct vz_store *s, struct vz_tree *t, const struct vz_content_file *f, struct vz_err *err)
{
	struct vz_node *n = file_at(t, f, err);

	if (!n)
		return -1;
	n->mode = S_IFREG | f->mode;
	n->uid = n->gid = 0;
	n->mtime = f->date;
	n->mtime_nsec = 0;
	return vz_content_set(s, n, f->data, f->len, err);
}
