/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sink.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "base/proc.h"
#include "store/object.h"

#define MAX_NODES 1000000
#define MAX_TARGET 4095

struct vz_sink {
	struct vz_object_writer *writer;
	struct vz_tree *tree;
	uint64_t nodes, bytes, most;
	struct vz_node *file;        /* whose data is being given */
	uint64_t left;
};

struct vz_sink *vz_sink_new(struct vz_store *s, struct vz_tree *tree, uint64_t most)
{
	struct vz_sink *k = vz_new(struct vz_sink);

	k->writer = vz_object_writer_new(s);
	k->tree = tree;
	k->most = most;
	return k;
}

void vz_sink_free(struct vz_sink *k)
{
	if (!k)
		return;
	vz_object_writer_free(k->writer);
	free(k);
}

static int end_file(struct vz_sink *k, struct vz_err *err)
{
	struct vz_node *n = k->file;
	const void *inlined;
	struct vz_digest d;
	uint64_t size;

	k->file = NULL;
	if (vz_object_writer_end(k->writer, &d, &size, &inlined, err) < 0)
		return -1;
	if (inlined)
		vz_node_set_content(n, inlined, size);
	else
		vz_node_set_object(n, &d, size);
	return 0;
}

static int check_entry(const struct vz_sink *k, const struct vz_sink_item *e, struct vz_err *err)
{
	if (k->file)
		return vz_err_set(err, VZ_FAILED, "%llu bytes of the file before are missing", (unsigned long long)k->left);
	if (!vz_path_is_sane(e->path))
		return vz_err_set(err, VZ_FAILED, "not a sane path");
	if (k->nodes > MAX_NODES)
		return vz_err_set(err, VZ_FAILED, "more than %d files", MAX_NODES);
	if ((S_ISLNK(e->mode) || e->hard_link) && (!e->target || !*e->target || strlen(e->target) > MAX_TARGET))
		return vz_err_set(err, VZ_FAILED, "a link with an empty or too long target");
	if (S_ISCHR(e->mode) && !e->major && !e->minor)
		return vz_err_set(err, VZ_FAILED, "a device 0:0, which is an overlay's whiteout");
	if (e->major > 0xfff || e->minor > 0xfffff)
		return vz_err_set(err, VZ_FAILED, "device number %u:%u is out of range", e->major, e->minor);
	return vz_interrupted(err);
}

/* The directory that `path` (normal form) stands in. Missing parents are made; one
 * that is not a directory, above all a symbolic link, is refused: what a link leads
 * to is not this archive's alone to say. */
static struct vz_node *parent_of(struct vz_sink *k, const char *path, const struct vz_sink_item *e,
				 const char **ret_name, struct vz_err *err)
{
	struct vz_node *dir = k->tree->root;
	const char *at = path + 1, *end;

	for (; (end = strchr(at, '/')); at = end + 1) {
		struct vz_node *next = vz_node_child(dir, at, (size_t)(end - at));

		if (!next) {
			auto_free char *name = vz_strndup(at, (size_t)(end - at));

			next = vz_node_add(dir, name, S_IFDIR | 0755);
			next->mtime = e->mtime;
			next->owner = VZ_SINK_IMPLIED;
			k->nodes++;
		}
		if (!vz_node_is_dir(next)) {
			vz_err_set(err, VZ_FAILED, "its parent '%.*s' is not a directory in the same archive",
				   (int)(end - path), path);
			return NULL;
		}
		dir = next;
	}
	*ret_name = at;
	return dir;
}

static int link_entry(struct vz_sink *k, struct vz_node *n, const char *target, struct vz_err *err)
{
	struct vz_node *to = vz_path_is_sane(target) ? vz_tree_find(k->tree, target) : NULL;

	if (!to || !vz_node_is_file(vz_node_inode(to)) || to == n)
		return vz_err_set(err, VZ_FAILED, "a hard link to '%s', which is no file before it in the same archive",
				  target);
	vz_node_set_link(n, vz_node_inode(to));
	return 0;
}

static void set_inode(struct vz_node *n, const struct vz_sink_item *e)
{
	n->mode = e->mode;
	n->uid = e->uid;
	n->gid = e->gid;
	n->mtime = e->mtime;
	n->mtime_nsec = e->mtime_nsec;
	n->owner = VZ_SINK_ENTRY;
	if (S_ISCHR(e->mode) || S_ISBLK(e->mode))
		n->rdev = (uint32_t)makedev(e->major, e->minor);
	if (S_ISLNK(e->mode))
		vz_node_set_symlink(n, e->target);
	for (size_t i = 0; i < e->n_xattrs; i++)
		vz_node_set_xattr(n, e->xattrs[i].key, e->xattrs[i].value, e->xattrs[i].len);
}

/* The node for an entry: new, or a directory that is there already. */
static struct vz_node *node_for(struct vz_sink *k, const struct vz_sink_item *e, struct vz_err *err)
{
	auto_free char *path = vz_path_normal(e->path);
	struct vz_node *dir, *n;
	const char *name;

	if (!path[1]) {
		if (S_ISDIR(e->mode))
			return k->tree->root;
		vz_err_set(err, VZ_FAILED, "the root is not a directory");
		return NULL;
	}
	dir = parent_of(k, path, e, &name, err);
	if (!dir)
		return NULL;
	n = vz_node_child(dir, name, strlen(name));
	if (!n) {
		k->nodes++;
		return vz_node_add(dir, name, e->mode);
	}
	if (S_ISDIR(e->mode) && vz_node_is_dir(n))
		return n;
	vz_err_set(err, VZ_FAILED, n->owner == VZ_SINK_IMPLIED ? "a file stands below it already"
						       : "this path is there twice");
	return NULL;
}

static int add_entry(struct vz_sink *k, const struct vz_sink_item *e, struct vz_err *err)
{
	struct vz_node *n = check_entry(k, e, err) < 0 ? NULL : node_for(k, e, err);

	if (!n)
		return -1;
	if (e->hard_link)
		return link_entry(k, n, e->target, err);
	set_inode(n, e);
	if (!S_ISREG(e->mode))
		return 0;
	k->file = n;
	k->left = e->size;
	return e->size ? 0 : end_file(k, err);
}

int vz_sink_entry(struct vz_sink *k, const struct vz_sink_item *e, struct vz_err *err)
{
	return add_entry(k, e, err) < 0 ? vz_err_wrap(err, "'%s'", e->path) : 0;
}

int vz_sink_data(struct vz_sink *k, const void *data, size_t len, struct vz_err *err)
{
	if (!k->file || len > k->left)
		return vz_err_set(err, VZ_FAILED, "more data than the headers promise");
	k->bytes += len;
	if (k->bytes > k->most)
		return vz_err_set(err, VZ_FAILED, "unpacks to more than %llu bytes", (unsigned long long)k->most);
	if (vz_interrupted(err) < 0 || vz_object_writer_add(k->writer, data, len, err) < 0)
		return -1;
	k->left -= len;
	return k->left ? 0 : end_file(k, err);
}

int vz_sink_file(struct vz_sink *k, const char *path, uint32_t mode, int64_t mtime, const void *data, size_t len,
		 struct vz_err *err)
{
	struct vz_sink_item e = { .path = path, .mode = S_IFREG | mode, .mtime = mtime, .size = len };

	if (vz_sink_entry(k, &e, err) < 0)
		return -1;
	return len ? vz_sink_data(k, data, len, err) : 0;
}

int vz_sink_copy(struct vz_sink *k, const struct vz_sink_item *e, const struct vz_node *from, struct vz_err *err)
{
	struct vz_node *n = check_entry(k, e, err) < 0 ? NULL : node_for(k, e, err);

	if (n && (vz_node_is_dir(n) || vz_node_is_dir(from))) {
		vz_err_set(err, VZ_FAILED, "a directory is no other's copy");
		n = NULL;
	}
	if (!n)
		return vz_err_wrap(err, "'%s'", e->path);
	vz_node_copy_inode(n, from);
	n->owner = VZ_SINK_ENTRY;
	return 0;
}

int vz_sink_end(struct vz_sink *k, struct vz_err *err)
{
	if (k->file)
		return vz_err_set(err, VZ_FAILED, "ends in the middle of a file");
	vz_tree_count_links(k->tree);
	return 0;
}

uint64_t vz_sink_new_bytes(const struct vz_sink *k)
{
	return vz_object_writer_new_bytes(k->writer);
}
